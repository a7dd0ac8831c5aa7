import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_RESOLVERS } from "../../contract/environment";
import { createAuthority } from "../gateway/certificates";
import { startGateway } from "../gateway/store-gateway";
import type { Cleanup } from "../stage/cleanup";

/** Public names, each with the URL on this machine that answers in its place. */
export type PublicNames = Readonly<Record<string, string>>;

const HTTPS_PORT = 443;

export function publicNames(deployment: {
  readonly hostname: string;
  readonly edgeUrl: string;
  readonly apiUrl: string;
  /** In the order of `DEFAULT_RESOLVERS`. */
  readonly resolverUrls: readonly string[];
}): PublicNames {
  const resolvers = DEFAULT_RESOLVERS.flatMap((url, index) => {
    const here = deployment.resolverUrls[index];
    return here === undefined ? [] : [[new URL(url).hostname, here] as const];
  });
  return {
    [deployment.hostname]: deployment.edgeUrl,
    "api.cloudflare.com": deployment.apiUrl,
    ...Object.fromEntries(resolvers),
  };
}

/**
 * Lets `curl` find the deployment under its public names: curl is told to connect to this machine instead, and which
 * authority to trust there. Nothing else on the machine is changed.
 *
 * @param folder - gets the files; curl finds them where `CURL_HOME` names it
 */
export async function answerForNames(names: PublicNames, folder: string, cleanup: Cleanup): Promise<void> {
  const authority = createAuthority();
  const authorityFile = join(folder, "authority.pem");
  await writeFile(authorityFile, authority.certificate);
  const lines = await Promise.all(
    Object.entries(names).map(async ([name, url]) => {
      const { hostname: targetHost, port } = new URL(url);
      const certificate = authority.issue({ hostNames: [name] });
      const gateway = await startGateway({ targetHost, targetPort: Number(port), certificate });
      cleanup.add(() => gateway.stop());
      return `connect-to = "${name}:${HTTPS_PORT}:127.0.0.1:${gateway.port}"`;
    }),
  );
  const config = [
    "# Leads to the local deployment.",
    ...lines,
    `cacert = "${authorityFile}"`,
    'noproxy = "*"',
  ];
  await writeFile(join(folder, ".curlrc"), `${config.join("\n")}\n`);
}
