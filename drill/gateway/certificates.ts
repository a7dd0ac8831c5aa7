import { generateKeyPairSync, type KeyObject, randomInt, sign } from "node:crypto";
import type { CertificatePair } from "./gateway-messages";

/** Days from now, below zero for the past. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

export interface CertificateSettings {
  /** Covered beside 127.0.0.1. @default - none */
  readonly hostNames?: readonly string[];
  /** @default - since yesterday, until tomorrow */
  readonly days?: Validity;
}

/** Issues certificates of the drill's own: trusted by who is given `certificate`, and by nobody else. */
export interface CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  issue(settings?: CertificateSettings): CertificatePair;
}

const CURRENT: Validity = { from: -1, until: 1 };

/** Over since yesterday. */
export const EXPIRED: Validity = { from: -2, until: -1 };

export function createAuthority(): CertificateAuthority {
  const keys = newKeys();
  const name = distinguishedName("drill authority");
  const certificate = pem(
    signedCertificate({
      name,
      issuer: name,
      keys,
      signer: keys.privateKey,
      days: CURRENT,
      extensions: [isAuthority()],
    }),
  );
  return {
    certificate,
    issue: ({ hostNames = [], days = CURRENT } = {}) => {
      const own = newKeys();
      return pairOf(own, {
        name: distinguishedName("loopback"),
        issuer: name,
        signer: keys.privateKey,
        days,
        extensions: [forLoopbackAnd(hostNames)],
      });
    },
  };
}

/**
 * A certificate for 127.0.0.1 that is its own authority: trusted by who is told so, and by nobody else.
 *
 * @param hostNames - covered as well
 */
export function selfSignedCertificate(hostNames: readonly string[] = []): CertificatePair {
  const keys = newKeys();
  const name = distinguishedName("loopback");
  return pairOf(keys, {
    name,
    issuer: name,
    signer: keys.privateKey,
    days: CURRENT,
    extensions: [isAuthority(), forLoopbackAnd(hostNames)],
  });
}

interface Keys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

interface Contents {
  readonly name: Buffer;
  readonly issuer: Buffer;
  readonly signer: KeyObject;
  readonly days: Validity;
  readonly extensions: readonly Buffer[];
}

function newKeys(): Keys {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function pairOf(keys: Keys, contents: Contents): CertificatePair {
  return {
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate: pem(signedCertificate({ ...contents, keys })),
  };
}

const SEQUENCE = 0x30;
const SET = 0x31;

function signedCertificate(contents: Contents & { readonly keys: Keys }): Buffer {
  const { name, issuer, keys, signer, days, extensions } = contents;
  const algorithm = der(SEQUENCE, objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const toBeSigned = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))),
    // One authority must not give two certificates the same number; a leading bit would make it negative.
    der(0x02, Buffer.from([1, randomInt(256), randomInt(256), randomInt(256), randomInt(256)])),
    algorithm,
    issuer,
    der(SEQUENCE, day(days.from), day(days.until)),
    name,
    keys.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(SEQUENCE, ...extensions)),
  );
  const signature = sign("sha256", toBeSigned, signer);
  return der(SEQUENCE, toBeSigned, algorithm, der(0x03, Buffer.from([0]), signature));
}

function pem(certificate: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64")}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(text: string): Buffer {
  const commonName = der(SEQUENCE, objectId(0x55, 0x04, 0x03), der(0x0c, Buffer.from(text)));
  return der(SEQUENCE, der(SET, commonName));
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
