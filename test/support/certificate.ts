import { generateKeyPairSync, sign } from "node:crypto";

export interface Certificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
}

const SEQUENCE = 0x30;
const SET = 0x31;

/**
 * A certificate for 127.0.0.1 that is its own authority: trusted by who is told so, and by nobody else.
 *
 * @param hostNames - covered as well
 */
export function selfSignedCertificate(hostNames: readonly string[] = []): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(SEQUENCE, objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const commonName = der(SEQUENCE, objectId(0x55, 0x04, 0x03), der(0x0c, Buffer.from("loopback")));
  const name = der(SEQUENCE, der(SET, commonName));
  const toBeSigned = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    der(SEQUENCE, day(-1), day(1)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(SEQUENCE, isAuthority(), forLoopbackAnd(hostNames))),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const certificate = der(SEQUENCE, toBeSigned, algorithm, der(0x03, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64")}\n-----END CERTIFICATE-----\n`,
  };
}

function isAuthority(): Buffer {
  const yes = der(SEQUENCE, der(0x01, Buffer.from([0xff])));
  return der(SEQUENCE, objectId(0x55, 0x1d, 0x13), der(0x04, yes));
}

function forLoopbackAnd(hostNames: readonly string[]): Buffer {
  const address = der(0x87, Buffer.from([127, 0, 0, 1]));
  const names = hostNames.map((name) => der(0x82, Buffer.from(name)));
  return der(SEQUENCE, objectId(0x55, 0x1d, 0x11), der(0x04, der(SEQUENCE, address, ...names)));
}

/** @param offset - days from now */
function day(offset: number): Buffer {
  const time = new Date(Date.now() + offset * 86_400_000).toISOString();
  return der(0x17, Buffer.from(`${time.slice(2, 19).replace(/[-:T]/g, "")}Z`));
}

function objectId(...bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

/** One element of ASN.1's distinguished encoding: tag, length, content. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}
