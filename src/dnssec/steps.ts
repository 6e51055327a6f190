/**
 * Work that is done at once where nothing has to be waited for, as nearly always: one way, written once, that says
 * where it may have to wait. It is a generator, and yields what it waits for.
 */

export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

/** A step that waits for `promise`, and gives what it brings. */
export function* awaited<T>(promise: Promise<T>): Steps<T> {
  return (yield promise) as T; // Whoever takes the steps hands over what the promise brought.
}

/** Takes all steps. Gives their result itself where none of them waits; what they throw then is thrown at once. */
export function taken<T>(steps: Steps<T>): T | Promise<T> {
  const step = steps.next();
  return step.done === true ? step.value : takenLater(steps, step.value);
}

async function takenLater<T>(steps: Steps<T>, first: Promise<unknown>): Promise<T> {
  let waiting = first;
  for (;;) {
    const step = await waiting.then(
      (value) => steps.next(value),
      (error: unknown) => steps.throw(error),
    );
    if (step.done === true) return step.value;
    waiting = step.value;
  }
}
