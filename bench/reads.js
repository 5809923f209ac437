/** How long each of many reads takes. */
import { performance } from 'node:perf_hooks';

/** Times (us) of `read(member)`, one after the other. */
export async function timeEach(members, read) {
  const us = new Array(members.length);
  for (let number = 0; number < members.length; number += 1) {
    const start = performance.now();
    const answer = read(members[number]);
    if (answer instanceof Promise) await answer;
    us[number] = (performance.now() - start) * 1000;
  }
  return us;
}
