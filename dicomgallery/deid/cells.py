"""The bits of native pixel cells that no pixel uses, where overlays were once kept (PS3.5 8.1.1)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cells:
    """How the cells of native pixel data are filled."""

    allocated: int
    stored: int
    high_bit: int
    signed: bool

    @property
    def has_unused_bits(self) -> bool:
        """Say whether cells of whole bytes have bits that hold no pixel, and which this module can clear."""
        whole = self.allocated in (8, 16, 24, 32)
        return whole and 0 < self.stored < self.allocated and self.stored - 1 <= self.high_bit < self.allocated


def cleared(cells: bytes, layout: Cells) -> bytes:
    """The same pixels with the unused bits cleared; above a signed pixel they repeat its sign.

    Returns the very same object when there was nothing to clear, which is nearly always.
    """
    width = layout.allocated // 8
    low = layout.high_bit + 1 - layout.stored
    made: bytearray | None = None
    sign_plane: bytes | None = None
    for plane in range(width):
        held = cells[plane::width]
        first_bit = plane * 8
        used = 0
        for bit in range(8):
            if low <= first_bit + bit <= layout.high_bit:
                used |= 1 << bit
        if used == 0xFF:
            now = held
        elif used or first_bit <= layout.high_bit:
            now = _masked(held, used, layout, first_bit)
        elif layout.signed and sign_plane is not None:
            sign_bit = 1 << layout.high_bit % 8
            now = sign_plane.translate(bytes(0xFF if byte & sign_bit else 0 for byte in range(256)))
        else:
            now = bytes(len(held)) if held.strip(b"\0") else held
        if first_bit <= layout.high_bit < first_bit + 8:
            sign_plane = now
        if now is not held and now != held:
            made = bytearray(cells) if made is None else made
            made[plane::width] = now
    return cells if made is None else bytes(made)


def _masked(held: bytes, used: int, layout: Cells, first_bit: int) -> bytes:
    """One plane of bytes, only its used bits left, and the sign spread above them."""
    table = bytearray(byte & used for byte in range(256))
    if layout.signed and first_bit <= layout.high_bit < first_bit + 8:
        sign = 1 << layout.high_bit % 8
        above = 0xFF & ~((sign << 1) - 1)
        for byte in range(256):
            if byte & sign:
                table[byte] |= above
    wrong = bytes(byte for byte in range(256) if table[byte] != byte)
    # Deleting what is right is the quickest way to see that nothing is wrong.
    right = bytes(byte for byte in range(256) if table[byte] == byte)
    return held.translate(bytes(table)) if wrong and held.translate(None, right) else held
