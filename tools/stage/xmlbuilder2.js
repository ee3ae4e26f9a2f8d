// Stands in for xmlbuilder2, which needs Node: the stage reads and writes no XML.
export function create() {
  throw new Error("The stage writes no XML.");
}
