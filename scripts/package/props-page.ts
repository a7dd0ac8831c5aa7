import {
  ApiClass,
  ApiConstructor,
  type ApiDocumentedItem,
  ApiInterface,
  type ApiItem,
  ApiMethod,
  ApiPropertySignature,
  ApiTypeAlias,
  ApiVariable,
  type Parameter,
} from "@microsoft/api-extractor-model";
import { cell, defaultOf, oneLine, summaryOf } from "./doc-text";

/** The construct that most people use, so it comes first. */
const FIRST = "StorageFailover";

const INTRODUCTION = `# Props

<!-- Written by \`npm run docs\` from the declarations and their docstrings. -->

Every prop of every construct. A prop without a default must be given. Words are those of the [glossary](glossary.md); a value that cannot work
is refused at synth with one of these [codes](errors.md).`;

/**
 * `docs/props.md`: a table of props for each class that takes some.
 *
 * @param members - the entry point's API, what is not exported included
 * @param isConstructable - whether a user can make one of that name
 */
export function propsPage(members: readonly ApiItem[], isConstructable: (name: string) => boolean): string {
  const api = new Api(members);
  const classes = members
    .filter((item): item is ApiClass => item instanceof ApiClass && isConstructable(item.displayName))
    .map((item) => ({ item, ways: api.waysToMake(item) }))
    .filter(({ ways }) => ways.length > 0)
    .sort((a, b) => rank(a.item) - rank(b.item) || compare(a.item.displayName, b.item.displayName));
  const sections = classes.flatMap(({ item, ways }) => [
    `## ${item.displayName}`,
    summaryOf(item),
    ...ways.flatMap((way) => api.section(way, ways.length > 1 || way.call !== "")),
  ]);
  return `${[INTRODUCTION, ...sections, ...api.namedTypes()].filter((part) => part !== "").join("\n\n")}\n`;
}

/** By constructor, where `call` is empty, or by a static method. */
interface Way {
  readonly call: string;
  readonly props: ApiInterface;
}

/** Where the page shows a set of props. */
interface Section {
  readonly title: string;
  readonly anchor: string;
}

/** What is shown, and looked up by name. Collects the named types that tables mention. */
class Api {
  private readonly byName: ReadonlyMap<string, ApiItem>;
  private readonly shown = new Set<string>();
  private readonly mentioned = new Set<string>();

  /** By the name of the props that are shown there. */
  private readonly sections = new Map<string, Section>();

  public constructor(members: readonly ApiItem[]) {
    this.byName = new Map(members.map((item) => [item.displayName, item]));
    for (const item of members.filter((member) => member instanceof ApiClass)) {
      const { displayName } = item;
      for (const { call, props } of this.waysToMake(item)) {
        const section =
          call === ""
            ? { title: displayName, anchor: displayName.toLowerCase() }
            : { title: call, anchor: `by-${call.replace(".", "").toLowerCase()}` };
        this.sections.set(props.displayName, section);
      }
    }
  }

  public waysToMake(item: ApiClass): readonly Way[] {
    return item.members.flatMap((member) => {
      if (member instanceof ApiConstructor) return this.propsAmong(member.parameters, "");
      if (member instanceof ApiMethod && member.isStatic) {
        return this.propsAmong(member.parameters, `${item.displayName}.${member.displayName}`);
      }
      return [];
    });
  }

  private propsAmong(parameters: readonly Parameter[], call: string): readonly Way[] {
    return parameters.flatMap(({ parameterTypeExcerpt }) => {
      const props = this.byName.get(parameterTypeExcerpt.text);
      return props instanceof ApiInterface && props.displayName.endsWith("Props") ? [{ call, props }] : [];
    });
  }

  public section({ call, props }: Way, titled: boolean): readonly string[] {
    this.shown.add(props.displayName);
    const title = titled ? [`### ${call === "" ? "By its constructor" : `By \`${call}\``}`] : [];
    return [...title, ...this.tableOf(props), ...this.partsOf(props)];
  }

  /** The rows, and a line for each set of props that is taken over from another construct. */
  private tableOf(props: ApiInterface): readonly string[] {
    const { rows, notes } = this.rowsOf(props);
    const table =
      rows.length === 0
        ? []
        : [["| prop | type | default | meaning |", "|---|---|---|---|", ...rows].join("\n")];
    return [...table, ...notes];
  }

  private rowsOf(props: ApiInterface): {
    readonly rows: readonly string[];
    readonly notes: readonly string[];
  } {
    const own = props.members
      .filter((member) => member instanceof ApiPropertySignature)
      .sort((a, b) => Number(a.isOptional) - Number(b.isOptional));
    const inherited = props.extendsTypes.map(({ excerpt }) => {
      const parent = this.byName.get(excerpt.text);
      if (parent instanceof ApiInterface) {
        this.shown.add(parent.displayName);
        return this.rowsOf(parent);
      }
      return { rows: [], notes: [this.takenOver(excerpt.text, "Beside these")] };
    });
    return {
      rows: [...own.map((prop) => this.row(prop)), ...inherited.flatMap(({ rows }) => rows)],
      notes: inherited.flatMap(({ notes }) => notes),
    };
  }

  private row(prop: ApiPropertySignature): string {
    const type = oneLine(prop.propertyTypeExcerpt.text);
    for (const [name] of type.matchAll(/\b[A-Z]\w+/g)) this.mentioned.add(name);
    const fallback = prop.isOptional ? (defaultOf(prop) ?? "none") : "**required**";
    const cells = [`\`${prop.displayName}\``, `\`${type}\``, fallback, this.meaningOf(prop)];
    return `| ${cells.map(cell).join(" | ")} |`;
  }

  private meaningOf(prop: ApiPropertySignature): string {
    const isPart = this.partOf(prop) !== undefined;
    return [summaryOf(prop), ...(isPart ? [`See [below](#${prop.displayName.toLowerCase()}).`] : [])]
      .join(" ")
      .trim();
  }

  private partOf(prop: ApiItem): ApiItem | undefined {
    if (!(prop instanceof ApiPropertySignature)) return undefined;
    const type = this.byName.get(prop.propertyTypeExcerpt.text);
    return type?.displayName.endsWith("Config") ? type : undefined;
  }

  /** The parts of a configuration, such as `primary`: each is the props of a construct, less what is given once for all. */
  private partsOf(props: ApiInterface): readonly string[] {
    return props.members.flatMap((member) => {
      const part = this.partOf(member);
      if (part === undefined) return [];
      this.shown.add(part.displayName);
      const title = `### \`${member.displayName}\``;
      if (part instanceof ApiInterface) return [title, ...this.tableOf(part)];
      return part instanceof ApiTypeAlias
        ? [title, this.takenOver(oneLine(part.typeExcerpt.text), "Takes")]
        : [];
    });
  }

  private takenOver(type: string, verb: string): string {
    const [, name = type, left = ""] = /^Omit<(\w+), (.+)>$/.exec(oneLine(type)) ?? [];
    const section = this.sections.get(name);
    if (section === undefined) throw new Error(`no construct is known whose props are ${type}`);
    const without = this.literalsOf(left).map((key) => `\`${key}\``);
    const last = without.at(-1);
    const others = without.slice(0, -1).join(", ");
    const but = last === undefined ? "" : ` but ${others === "" ? last : `${others} and ${last}`}`;
    return `${verb} every prop of [${section.title}](#${section.anchor})${but}.`;
  }

  /** The members of a union of string literals, and of names of such unions. */
  private literalsOf(union: string): readonly string[] {
    const words = union.split("|").map((part) => part.trim());
    return words.filter(Boolean).flatMap((word) => {
      if (/^".*"$/.test(word)) return [word.slice(1, -1)];
      const alias = this.byName.get(word);
      if (!(alias instanceof ApiTypeAlias)) throw new Error(`${word} is no union of words`);
      return this.literalsOf(oneLine(alias.typeExcerpt.text));
    });
  }

  /** What the tables call by name and do not explain, in turn with what that mentions. */
  public namedTypes(): readonly string[] {
    const sections: string[] = [];
    for (const name of this.mentioned) {
      const item = this.byName.get(name);
      if (item === undefined || this.shown.has(name)) continue;
      if (item instanceof ApiTypeAlias) {
        const type = oneLine(item.typeExcerpt.text);
        sections.push(`### ${name}`, summaryOf(item), this.wordsOf(type).join(", ") || `\`${type}\``);
      } else if (item instanceof ApiInterface) {
        sections.push(`### ${name}`, summaryOf(item), ...this.tableOf(item));
      }
    }
    return sections.length === 0 ? [] : ["## Types that props name", ...sections];
  }

  /** Of a type that names the members of a constant, as in `(typeof WORDS)[number]` and `keyof typeof WORDS`. */
  private wordsOf(type: string): readonly string[] {
    const [, list, keys] = /^(?:\(typeof (\w+)\)\[number\]|keyof typeof (\w+))$/.exec(type) ?? [];
    const constant = this.byName.get(list ?? keys ?? "");
    if (!(constant instanceof ApiVariable)) return [];
    const text = constant.variableTypeExcerpt.text;
    const words =
      list === undefined ? topLevelKeys(text) : [...text.matchAll(/"([^"]*)"/g)].map(([, w]) => w);
    return words.map((word) => `\`"${word}"\``);
  }
}

/** Of an object's type, as declarations write it: indented by four for each level. */
function topLevelKeys(type: string): readonly string[] {
  return [...type.matchAll(/^ {4}readonly (\w+):/gm)].map(([, key = ""]) => key);
}

function rank(item: ApiDocumentedItem & ApiItem): number {
  return item.displayName === FIRST ? 0 : 1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}
