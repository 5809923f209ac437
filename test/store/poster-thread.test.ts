import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { channels } from '#lib/store/channels.js';
import { POSTER_NICENESS } from '#lib/store/limits.js';
import { startPosterThread } from '#lib/store/poster-thread.js';
import { Machine, newDirectory, noPoster } from '../machine/processes.js';
import { expectWhole, fund, namesIn, pagePath } from './books.js';

/** A bank whose last entries nobody has posted, and nobody is going to. */
async function unposted() {
  const machine = await Machine.withBank();
  const somebody = await machine.start();
  const [ada] = await fund(somebody);
  await somebody.bank.posted();
  await somebody.bank.deposit(ada, '1.00');
  machine.kill(somebody);
  return { machine, ada };
}

/** The first news on a channel about this bank that has what is wanted in it. */
function news(
  name: 'post' | 'damage',
  directory: string,
  wanted: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    const hear = (message: unknown) => {
      const told = message as Record<string, unknown>;
      const fits = Object.entries({ ...wanted, directory }).every(([key, is]) => told[key] === is);
      if (fits) resolve(told);
    };
    channels[name].subscribe(hear);
    onTestFinished(() => void channels[name].unsubscribe(hear));
  });
}

/** Runs a program that has `startPosterThread` and the bank's `directory`. */
function run(directory: string, program: string) {
  const module = new URL('../../dist/lib/store/poster-thread.js', import.meta.url).href;
  const text = `import { startPosterThread } from '${module}';
    const directory = ${JSON.stringify(directory)};
    ${program}`;
  const args = ['--input-type=module', '-e', text];
  return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
}

describe('the thread that posts', () => {
  it('posts what nobody has, tells of it, and lets go of the role when it is stopped', async () => {
    const { machine, ada } = await unposted();
    const { directory } = machine;
    const posted = news('post', directory);
    const thread = startPosterThread(directory);
    expect(thread.alive).toBe(true);
    expect(await posted).toMatchObject({ directory, transfer: 5 });
    expect(readFileSync(pagePath(directory, ada), 'utf8')).toContain('101.00');
    await thread.stop();
    expect(thread.alive).toBe(false);
    expect(namesIn(directory, 'desks')).not.toContain('poster.lock');
    await expectWhole(machine, { [ada]: '101.00' });
  });

  it('goes on when it was woken', async () => {
    const { machine, ada } = await unposted();
    const { directory } = machine;
    const posted = news('post', directory);
    const thread = startPosterThread(directory);
    thread.wake();
    expect(await posted).toMatchObject({ directory, transfer: 5 });
    thread.wake();
    const later = news('post', directory, { transfer: 6 });
    const somebody = await machine.start();
    await somebody.bank.deposit(ada, '1.00');
    machine.kill(somebody);
    thread.wake();
    await later;
    expect(thread.alive).toBe(true);
    await thread.stop();
    await expectWhole(machine, { [ada]: '102.00' });
  });

  it('tells of damage that it finds, and everybody else by the notice', async () => {
    const { machine, ada } = await unposted();
    const { directory } = machine;
    const path = pagePath(directory, ada);
    writeFileSync(path, readFileSync(path, 'utf8').replace('100.00', '900.00'));
    const found = news('damage', directory);
    const thread = startPosterThread(directory);
    const file = pagePath('', ada);
    expect(await found).toMatchObject({ directory, error: { details: { file } } });
    await thread.stop();
    expect(existsSync(join(directory, 'PAIN.csv'))).toBe(true);
  });

  it('has told all of it by the time it has ended', async () => {
    for (const harm of [false, true]) {
      const { machine, ada } = await unposted();
      const { directory } = machine;
      const heard: unknown[] = [];
      const hear = (message: unknown) => heard.push(message);
      const name = harm ? 'damage' : 'post';
      channels[name].subscribe(hear);
      onTestFinished(() => void channels[name].unsubscribe(hear));
      const path = pagePath(directory, ada);
      const text = readFileSync(path, 'utf8');
      if (harm) writeFileSync(path, text.replace('100.00', '900.00'));
      await startPosterThread(directory).stop();
      const details = { file: pagePath('', ada) };
      const told = harm ? { directory, error: { details } } : { directory, transfer: 5 };
      expect(heard).toContainEqual(expect.objectContaining({ directory }));
      expect(heard.find((news) => (news as typeof told).directory === directory)).toMatchObject(
        told,
      );
    }
  });

  it('goes on posting when it was woken, and no more when it was stopped', async () => {
    const { machine, ada } = await unposted();
    const { directory } = machine;
    const bank = await machine.open({ ...machine.host(), startPoster: noPoster });
    let rounds = 0;
    const hear = (message: unknown) => {
      if ((message as { directory: string }).directory === directory) rounds++;
    };
    channels.post.subscribe(hear);
    onTestFinished(() => void channels.post.unsubscribe(hear));
    const thread = startPosterThread(directory);
    /** Whether it posts one entry after the other. */
    const posts = async (count: number) => {
      for (let entry = 0; entry < count; entry++) {
        const before = rounds;
        await bank.deposit(ada, '1.00');
        thread.wake();
        while (rounds === before && thread.alive) {
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      return thread.alive;
    };
    expect(await posts(2)).toBe(true);
    const stopped = thread.stop();
    expect(await posts(3)).toBe(false); // What had begun may end.
    await stopped;
    await bank.close();
  });

  it('is no longer alive when it has failed, and can be stopped all the same', async () => {
    const thread = startPosterThread(newDirectory());
    await thread.stop();
    expect(thread.alive).toBe(false);
  });

  it('keeps no process alive that has nothing else to do', async () => {
    const { machine } = await unposted();
    const ran = run(machine.directory, 'startPosterThread(directory);');
    expect(ran, ran.stderr).toMatchObject({ status: 0, signal: null });
  });

  it('is waited for by who stops it', async () => {
    const { machine } = await unposted();
    const program = "await startPosterThread(directory).stop(); console.log('stopped');";
    const ran = run(machine.directory, program);
    expect(ran, ran.stderr).toMatchObject({ status: 0, stdout: 'stopped\n' });
  });

  it.runIf(process.platform === 'linux')('stands back behind the requests', async () => {
    const { machine, ada } = await unposted();
    const { directory } = machine;
    const program = `
      import { readdirSync, readFileSync } from 'node:fs';
      const nice = (thread) => readFileSync('/proc/self/task/' + thread + '/stat', 'utf8').split(') ')[1].split(' ')[16];
      const page = () => readFileSync(${JSON.stringify(pagePath(directory, ada))}, 'utf8');
      const thread = startPosterThread(directory);
      while (!page().includes('101.00')) await new Promise((resolve) => setTimeout(resolve, 10));
      console.log(nice(process.pid), Math.max(...readdirSync('/proc/self/task').map(nice)));
      await thread.stop();
    `;
    const ran = run(directory, program);
    expect(ran, ran.stderr).toMatchObject({ status: 0, stdout: `0 ${POSTER_NICENESS}\n` });
  });
});
