/** Node's transports write and read header values as Latin-1; the bytes that stores sign and send are UTF-8. */
export function toWire(value: string): string {
  return isAscii(value) ? value : Buffer.from(value, "utf8").toString("latin1");
}

/** What is no UTF-8 stays as it is. */
export function fromWire(value: string): string {
  if (isAscii(value)) return value;
  const bytes = Buffer.from(value, "latin1");
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : value;
}

function isAscii(value: string): boolean {
  return !/[\u0080-\uffff]/.test(value);
}
