/** The part of the package that is used here; it comes without types. */
declare module "asl-validator" {
  interface Validation {
    readonly isValid: boolean;
    errorsText(separator?: string): string;
  }

  function validateStates(definition: unknown): Validation;

  export = validateStates;
}
