import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { S3_CLIENT_NAMES } from "../../../contract/environment";
import { answeringClients, failureOf, listen } from "../../support/answering-clients";
import { selfSignedCertificate } from "../../support/certificate";

describe.each(S3_CLIENT_NAMES)("the %s client and a server's certificate", (implementation) => {
  const { clientAt } = answeringClients(implementation);

  /** Asks a server with this certificate once, trusting these authorities. */
  async function ask(
    certificateAuthorities: string | undefined,
    { key, certificate } = selfSignedCertificate(),
  ) {
    let requests = 0;
    const server = createServer({ key, cert: certificate }, (_, response) => {
      requests += 1;
      response.writeHead(404).end();
    });
    await listen(server);
    const { port } = server.address() as AddressInfo;
    const client = clientAt(port, { endpoint: `https://127.0.0.1:${port}`, certificateAuthorities });
    try {
      return { head: await client.head("key"), requests };
    } catch (error) {
      expect(requests).toBe(0);
      throw error;
    } finally {
      client.close();
      server.closeAllConnections();
      server.close();
    }
  }

  it("trusts an authority that it is told of", async () => {
    const certificate = selfSignedCertificate();
    expect(await ask(certificate.certificate, certificate)).toEqual({ head: undefined, requests: 1 });
  });

  it.each([
    ["no authority", () => undefined],
    ["another authority", () => selfSignedCertificate().certificate],
  ])("sends nothing to a server that nobody vouches for, being told of %s", async (_, authority) => {
    expect(await failureOf(ask(authority()))).toMatchObject({ kind: "unreachable" });
  });
});
