/** Written `{{name}}` in a template. */
const PLACEHOLDER = /\{\{([^{}\n]+)\}\}/g;

/** The same, alone on its line; group 1 is the indentation. */
const LINE_PLACEHOLDER = /^([ \t]*)\{\{([^{}\n]+)\}\}$/gm;

const CONTROL_CHARACTER = /\p{Cc}/u;

/**
 * Fills a template. A value of several lines must stand alone on its line, and each of its lines is indented as
 * the placeholder is. Values are not looked at for placeholders.
 *
 * @throws TemplateError when a placeholder has no value, a value no placeholder, or a value of several lines would
 * break the line it is put in
 */
export function renderTemplate(template: string, values: Readonly<Record<string, string>>): string {
  const named = new Set([...template.matchAll(PLACEHOLDER)].map((match) => match[1]));
  for (const name of Object.keys(values)) {
    if (!named.has(name)) {
      throw new TemplateError(`the template has no placeholder {{${name}}}`);
    }
  }
  const lookUp = (name: string): string => {
    if (!Object.hasOwn(values, name)) {
      throw new TemplateError(`there is no value for the placeholder {{${name}}}`);
    }
    return values[name] ?? "";
  };
  const pieces: string[] = [];
  let from = 0;
  for (const match of template.matchAll(LINE_PLACEHOLDER)) {
    pieces.push(
      fillInline(template.slice(from, match.index), lookUp),
      indent(lookUp(match[2] ?? ""), match[1] ?? ""),
    );
    from = match.index + match[0].length;
  }
  pieces.push(fillInline(template.slice(from), lookUp));
  return pieces.join("");
}

/** A template and its values do not fit: a mistake in this package, not in a configuration. */
export class TemplateError extends Error {
  public override readonly name = "TemplateError";
}

function fillInline(text: string, lookUp: (name: string) => string): string {
  return text.replaceAll(PLACEHOLDER, (_, name: string) => {
    const value = lookUp(name);
    if (CONTROL_CHARACTER.test(value)) {
      throw new TemplateError(`the value of {{${name}}} does not fit in a line`);
    }
    return value;
  });
}

function indent(text: string, indentation: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => (line === "" ? "" : indentation + line))
    .join("\n");
}
