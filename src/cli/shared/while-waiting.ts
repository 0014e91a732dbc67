const everyMs = 5_000;

/** Waits for `work`, and reports every five seconds how long it has waited. */
export async function whileWaiting<T>(
  what: string,
  work: Promise<T>,
  say: (line: string) => void,
): Promise<T> {
  let passedMs = 0;
  const timer = setInterval(() => {
    passedMs += everyMs;
    say(`still ${what} after ${passedMs / 1000} s`);
  }, everyMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
