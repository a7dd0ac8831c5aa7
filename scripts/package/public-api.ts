import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { Extractor, ExtractorConfig, type ExtractorMessage } from "@microsoft/api-extractor";
import { ApiExportedMixin, type ApiItem, ApiModel, type ApiPackage } from "@microsoft/api-extractor-model";
import { exports as entryPoints } from "../../package.json";
import { faultOf, undocumentedNames } from "./api-faults";
import { propsPage } from "./props-page";

/** Each of the package's entry points that has types, and its report. */
const REPORTS = [
  { name: "cdktf-storage-failover", types: entryPoints["."].types },
  { name: "writers", types: entryPoints["./writers"].types },
] as const;

const PROPS_PAGE = "docs/props.md";

/** A file that follows from the public API, as it must be. */
export interface ApiDocument {
  /** Relative to the repository. */
  readonly file: string;
  readonly text: string;
}

export interface PublicApi {
  readonly documents: readonly ApiDocument[];
  /** What a user of the API would miss: no docstring, a type that cannot be named. A line each. */
  readonly faults: readonly string[];
  readonly symbols: number;
}

/**
 * Reads the declarations that `npm run build` would publish.
 *
 * @param root - the repository
 * @throws Error when it does not compile
 */
export function readPublicApi(root: string): PublicApi {
  const cache = path.join(root, ".cache");
  mkdirSync(cache, { recursive: true });
  // Inside of the repository, since the declarations name the providers' types.
  const folder = mkdtempSync(path.join(cache, "public-api-"));
  try {
    const declarations = path.join(folder, "dist");
    execFileSync(
      process.execPath,
      [
        path.join(root, "node_modules", "typescript", "bin", "tsc"),
        ...["-p", path.join(root, "tsconfig.build.json"), "--emitDeclarationOnly", "--outDir", declarations],
      ],
      { encoding: "utf8" },
    );
    return readDeclarations(root, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readDeclarations(root: string, folder: string): PublicApi {
  const faults: string[] = [];
  const packages = REPORTS.map(({ name, types }) => {
    const file = path.join(folder, `${name}.api.json`);
    extract(configOf(root, folder, name, types, file), folder, faults);
    const model = new ApiModel().loadPackage(file);
    faults.push(...undocumentedNames(membersOf(model).filter(isExported)));
    return { name, model };
  });
  const reports = packages.map(({ name }) => ({
    file: `etc/${name}.api.md`,
    text: readFileSync(path.join(folder, `${name}.api.md`), "utf8"),
  }));
  const [library] = packages;
  if (library === undefined) throw new Error("the package has no entry point");
  const values = namesExportedAsValues(path.join(folder, entryPoints["."].types));
  return {
    documents: [
      ...reports,
      { file: PROPS_PAGE, text: propsPage(membersOf(library.model), (name) => values.has(name)) },
    ],
    faults: [...new Set(faults)].sort(),
    symbols: packages.reduce((sum, { model }) => sum + membersOf(model).filter(isExported).length, 0),
  };
}

function membersOf(model: ApiPackage): readonly ApiItem[] {
  return model.entryPoints.flatMap((entryPoint) => entryPoint.members);
}

function isExported(item: ApiItem): boolean {
  return ApiExportedMixin.isBaseClassOf(item) && item.isExported;
}

/** Names that users can make something of, and not only name as types. */
function namesExportedAsValues(declarations: string): ReadonlySet<string> {
  const lists = [...readFileSync(declarations, "utf8").matchAll(/^export \{([^}]*)\}/gm)];
  const names = lists.flatMap(([, list = ""]) => list.split(",").map((name) => name.trim()));
  return new Set(names.filter((name) => !name.startsWith("type ")));
}

function configOf(root: string, folder: string, name: string, types: string, model: string): ExtractorConfig {
  const file = path.join(root, "api-extractor.json");
  const entryPoint = path.join(folder, types);
  const common = ExtractorConfig.loadFile(file);
  return ExtractorConfig.prepare({
    configObjectFullPath: file,
    packageJsonFullPath: path.join(root, "package.json"),
    configObject: {
      ...common,
      projectFolder: root,
      mainEntryPointFilePath: entryPoint,
      compiler: { overrideTsconfig: { ...common.compiler?.overrideTsconfig, files: [entryPoint] } },
      // Written beside the declarations, and compared by us: then a check is a check, and never writes.
      apiReport: {
        ...common.apiReport,
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: folder,
        reportTempFolder: path.join(folder, "reports"),
      },
      docModel: { ...common.docModel, enabled: true, apiJsonFilePath: model },
    },
  });
}

function extract(config: ExtractorConfig, folder: string, faults: string[]): void {
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message: ExtractorMessage) => {
      const fault = faultOf(message, folder);
      if (fault !== undefined) faults.push(fault);
      // Kept out of the reports, which show the API, and off the console.
      message.handled = true;
    },
  });
}
