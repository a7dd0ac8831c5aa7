import { hash } from "node:crypto";

/** A request whose body is a document. */
export function documentCall(method: "PUT" | "POST", document: string) {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${document}`);
  const md5 = Buffer.from(hash("md5", body, "hex"), "hex").toString("base64");
  return {
    method,
    headers: ["content-type", "application/xml", "content-md5", md5],
    body,
    size: body.length,
  };
}
