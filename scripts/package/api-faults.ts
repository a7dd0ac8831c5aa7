import { relative } from "node:path";
import { ConsoleMessageId, ExtractorLogLevel, type ExtractorMessage } from "@microsoft/api-extractor";
import {
  ApiClass,
  ApiConstructor,
  ApiDeclaredItem,
  ApiDocumentedItem,
  ApiExportedMixin,
  ApiInterface,
  type ApiItem,
  ApiTypeAlias,
  ApiVariable,
  ExcerptTokenKind,
} from "@microsoft/api-extractor-model";

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

export function isExported(item: ApiItem): boolean {
  return ApiExportedMixin.isBaseClassOf(item) && item.isExported;
}

/**
 * Types that users come across and cannot write down, because they cannot be imported. What only the constructor of a class
 * asks for that is exported as a type never reaches them.
 *
 * @param isConstructable - whether users can make one of that name
 */
export function forgottenNames(
  members: readonly ApiItem[],
  isConstructable: (name: string) => boolean,
): readonly string[] {
  const byName = new Map(members.map((item) => [item.displayName, item]));
  const met = new Set(members.filter(isExported));
  // Grows while it is walked through.
  for (const item of met) {
    for (const name of namesIn(item, isConstructable)) {
      const found = byName.get(name);
      if (found !== undefined && !isWrittenDown(found)) met.add(found);
    }
  }
  return [...met]
    .filter((item) => !isExported(item))
    .map((item) => `${item.displayName} is part of the API and not exported`);
}

/** A constant, or words that can be written as they are. */
function isWrittenDown(item: ApiItem): boolean {
  return (
    item instanceof ApiVariable ||
    (item instanceof ApiTypeAlias && /^"[^"]*"( \| "[^"]*")*$/.test(item.typeExcerpt.text))
  );
}

/** Names in the declaration and in all that belongs to it. */
function namesIn(item: ApiItem, isConstructable: (name: string) => boolean): readonly string[] {
  const own = item instanceof ApiDeclaredItem ? item.excerptTokens : [];
  const belonging = item.members.filter(
    (member) =>
      !(member instanceof ApiConstructor && item instanceof ApiClass && !isConstructable(item.displayName)),
  );
  return [
    ...own.filter(({ kind }) => kind === ExcerptTokenKind.Reference).map(({ text }) => text),
    ...belonging.flatMap((member) => namesIn(member, isConstructable)),
  ];
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
