import { setTimeout as wait } from "node:timers/promises";

const patience = 10_000; // ms, on a busy machine

/** until asks again and again until the answer is something, and returns it. */
export async function until(what, ask) {
  const deadline = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await wait(20);
  }
}
