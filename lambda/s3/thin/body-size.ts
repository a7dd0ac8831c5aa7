import { Readable } from "node:stream";
import { type RequestDescription, storeError } from "../request-failure";

/** @throws StoreError before anything is sent, where a buffer has not the announced size */
export function checkSize(body: Buffer | Readable, size: number, request: RequestDescription): void {
  if (body instanceof Readable || body.length === size) return;
  throw storeError("refused", `the body has not the ${size} bytes that were announced`, request);
}
