/**
 * What sends figures elsewhere, with the libraries that it takes. A file of its own in the zip, loaded only where it is
 * asked for: a function that needs none of it starts without it.
 */
export { sendOtlp } from "./otlp";
export { pushMetrics } from "./pushgateway";
