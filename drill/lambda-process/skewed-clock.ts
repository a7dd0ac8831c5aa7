/** Loaded before a function whose machine has a wrong clock: whoever asks for the time is told another one. */

/** Put in when the file is bundled. */
declare const AHEAD_MILLISECONDS: number;

const TrueDate = Date;

const now = () => TrueDate.now() + AHEAD_MILLISECONDS;

// A proxy and no subclass: libraries call `Date` without `new`, and ask whether something is an instance of it.
globalThis.Date = new Proxy(TrueDate, {
  apply: () => new TrueDate(now()).toString(),
  construct: (target, given: unknown[], called) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, called) as object,
  get: (target, name, receiver) => (name === "now" ? now : (Reflect.get(target, name, receiver) as unknown)),
});
