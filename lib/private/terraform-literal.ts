/**
 * Text that Terraform must take as it is. In its strings `${` and `%{` begin a template, and both are everyday
 * words of shell scripts and policies.
 */
export function terraformLiteral(text: string): string {
  // "$$" in a replacement text would mean one dollar sign; the whole match, "$&", does not.
  return text.replaceAll("${", "$$$&").replaceAll("%{", "%$&");
}
