// What the viewer's stage takes of cornerstone, as one file: static/js/viewer imports it when a viewer is opened.
export {
  Enums, RenderingEngine, StackViewport, VolumeViewport, cache, eventTarget, imageLoadPoolManager, imageLoader, init,
  metaData, setVolumesForViewports, utilities, volumeLoader,
} from "@cornerstonejs/core";
export {
  AngleTool, ArrowAnnotateTool, BaseTool, CobbAngleTool, CrosshairsTool, EllipticalROITool, Enums as ToolEnums, LengthTool,
  MagnifyTool, OrientationMarkerTool, PanTool, PlanarFreehandROITool, PlanarRotateTool, ProbeTool, RectangleROITool,
  ReferenceLinesTool, StackScrollTool, ToolGroupManager, TrackballRotateTool, VolumeCroppingControlTool,
  VolumeCroppingTool, WindowLevelTool, ZoomTool, addTool, annotation, init as initTools, utilities as toolUtilities,
} from "@cornerstonejs/tools";
