/** Loaded into every process of an operator (`node --import`): its clock is set hours ahead and back, again and again. */
const HOUR_MS = 3_600_000;
const STEPS = [0, 5 * HOUR_MS, -3 * HOUR_MS, HOUR_MS / 60];
const EVERY_MS = 150;

const realNow = Date.now;
const RealDate = Date;
let step = 0;
setInterval(() => (step += 1), EVERY_MS).unref();
const now = () => realNow() + STEPS[step % STEPS.length];

globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [now()] : args));
  }
  static now() {
    return now();
  }
};
