import { relative } from "node:path";
import { ConsoleMessageId, ExtractorLogLevel, type ExtractorMessage } from "@microsoft/api-extractor";
import { ApiDocumentedItem, ApiInterface, type ApiItem } from "@microsoft/api-extractor-model";

/**
 * What API Extractor found, as a line; nothing where it only tells of its progress.
 *
 * @param folder - holds the declarations; left out of the line
 */
export function faultOf(message: ExtractorMessage, folder: string): string | undefined {
  const { logLevel, messageId, sourceFilePath, sourceFileLine, text } = message;
  // Reports are made anew each time, in a folder of their own.
  if (messageId === ConsoleMessageId.ApiReportCreated) return undefined;
  if (logLevel !== ExtractorLogLevel.Error && logLevel !== ExtractorLogLevel.Warning) return undefined;
  const place =
    sourceFilePath === undefined ? "" : `${relative(folder, sourceFilePath)}:${sourceFileLine ?? 0}: `;
  return `${place}${text} (${messageId})`;
}

/**
 * Names that say nothing about themselves: exports, and what interfaces ask for. `FooProps` may go without where `Foo` has
 * a docstring; so may the fields of classes, since most are resources whose type and name say all there is.
 */
export function undocumentedNames(exported: readonly ApiItem[]): readonly string[] {
  const documented = new Set(exported.filter(isDocumented).map((item) => item.displayName));
  const isDescribed = ({ displayName }: ApiItem) =>
    documented.has(displayName) ||
    (displayName.endsWith("Props") && documented.has(displayName.replace(/Props$/, "")));
  return exported.flatMap((item) => [
    ...(isDescribed(item) ? [] : [`${item.displayName} has no docstring`]),
    ...(item instanceof ApiInterface
      ? item.members
          .filter((member) => !isDocumented(member))
          .map((member) => `${item.displayName}.${member.displayName} has no docstring`)
      : []),
  ]);
}

function isDocumented(item: ApiItem): boolean {
  return item instanceof ApiDocumentedItem && item.tsdocComment !== undefined;
}
