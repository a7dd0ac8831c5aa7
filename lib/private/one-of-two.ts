import { ConfigurationError } from "../configuration-error";

/** Which of two props was given. */
export type OneOfTwo<Created, Existing> =
  | { readonly created: Created; readonly existing?: undefined }
  | { readonly created?: undefined; readonly existing: Existing };

/**
 * What is created and what exists are described by different props, of which exactly one is given.
 *
 * @throws ConfigurationError VALUE_INVALID for both, or neither
 */
export function oneOfTwo<
  Props extends object,
  CreatedProp extends keyof Props & string,
  ExistingProp extends keyof Props & string,
>(
  props: Props,
  createdProp: CreatedProp,
  existingProp: ExistingProp,
  path: string,
): OneOfTwo<NonNullable<Props[CreatedProp]>, NonNullable<Props[ExistingProp]>> {
  const created = props[createdProp] ?? undefined;
  const existing = props[existingProp] ?? undefined;
  if (created !== undefined && existing === undefined) return { created };
  if (existing !== undefined && created === undefined) return { existing };
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path: `${path}/${createdProp}`,
    what:
      created === undefined
        ? "there is nothing that says what this store is"
        : "the store is said to be created and to exist",
    value: created === undefined ? undefined : `${createdProp} and ${existingProp}`,
    allowed: `either ${createdProp} or ${existingProp}`,
    fix:
      created === undefined
        ? `give ${createdProp} to have it created, or ${existingProp} for one that exists`
        : `leave ${existingProp} away to have it created, or ${createdProp} for the one that exists`,
  });
}
