/** Reversed Castagnoli polynomial (RFC 3720 appendix B.4). */
const POLYNOMIAL = 0x82f63b78;
/** So many bytes are folded in a step ("slicing by 16"), each by a table of its own. */
const STEP = 16;

/** The tables, of 256 entries each, one behind the other. */
const TABLES = new Int32Array(STEP * 256);

for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  TABLES[byte] = crc;
}
for (let i = 256; i < TABLES.length; i++) {
  const previous = entry(i - 256);
  TABLES[i] = (previous >>> 8) ^ entry(previous & 0xff);
}

/** CRC-32C of `bytes[from, to)`, as an unsigned number. */
export function crc32c(bytes: Buffer, from = 0, to = bytes.length): number {
  // A DataView reads a word in one machine instruction; a Buffer puts it together from its bytes.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let crc = -1;
  let at = from;
  for (; at + STEP <= to; at += STEP) {
    // What does not depend on the step before comes first, so that the processor need not wait for it.
    const rest =
      word(8, view.getInt32(at + 4, true)) ^
      word(4, view.getInt32(at + 8, true)) ^
      word(0, view.getInt32(at + 12, true));
    crc = word(12, crc ^ view.getInt32(at, true)) ^ rest;
  }
  for (; at < to; at++) crc = entry((crc ^ view.getUint8(at)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Four bytes, the last of which goes through the table of that number, and those before it through the next ones. */
function word(table: number, bytes: number): number {
  const at = table * 256;
  return (
    entry(at + 768 + (bytes & 0xff)) ^
    entry(at + 512 + ((bytes >>> 8) & 0xff)) ^
    entry(at + 256 + ((bytes >>> 16) & 0xff)) ^
    entry(at + (bytes >>> 24))
  );
}

function entry(index: number): number {
  return TABLES[index] ?? 0;
}
