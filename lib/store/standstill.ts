/**
 * The bank at a standstill: what recovery holds while it repairs. Nobody else writes, posts or opens.
 *
 *  R1 take the writer's role: from the living by the lease, else by the lock alone
 *  R2 rename its desk to `damaged-<own>`
 *  R3 clear it of what was staged (marks stay, they are evidence); put up the notice, if there is none. Then
 *     R1 to R3 for the poster's role, that everybody lets go of by now
 *  R4 keep a copy in lost+found, durably, of whatever is to be replaced or put aside
 *  R5 publish: staged in the desk, synced, renamed into place, its folder synced
 *  R6 put the notice aside
 *  R7 remove the marks, rename both desks to their owner's name
 *
 * After a crash behind R2 the writer's desk is away, until R7 brings it back as the last of all; the next recovery
 * begins at R1. One that was paused and overtaken finds its desk gone: it can neither publish nor put anything
 * aside, be it the notice of somebody who came later.
 */
import { dirname, join } from 'node:path';
import { type Disk, ifThere, mustBeThere, removeIfThere, writeDurably } from '../disk/disk.js';
import { formatOwner, type Owner, parseOwner } from '../format/owner-name.js';
import { BankError } from '../ledger/errors.js';
import { isMarkName } from './answered.js';
import { isListed } from './bank-disk.js';
import { DAMAGED_PREFIX, damaged, noticeOf, PAIN_FILE, unlessDamaged } from './damage.js';
import type { Role } from './desk.js';
import { LEASE_WAIT_MAX_MS, WAIT_LOOK_MS } from './limits.js';
import type { Ticket } from './queue.js';
import type { BankFiles } from './store.js';
import type { Problem } from './verify.js';

/** Recoveries that may begin at one moment. */
const LOST_FOLDERS_MAX = 1_000;
const ROLES: readonly Role[] = ['writer', 'poster'];

/** The folders that roles are taken in, parents first. */
export const OFFICE_FOLDERS: readonly string[] = [
  'desks',
  ...ROLES.flatMap((role) => [`desks/${role}`, `desks/${role}.queue`]),
];

/** What lies in the two places where there should be exactly one desk each. */
export interface FoundDesks {
  readonly role: Role;
  /** Folders that have a desk's name, in order of their epochs; `away`: renamed to `damaged-…`. */
  readonly desks: readonly {
    readonly name: string;
    readonly owner: Owner;
    readonly away: boolean;
  }[];
  readonly folder: boolean;
}

export async function findDesks({ disk, directory }: BankFiles): Promise<FoundDesks[]> {
  const found: FoundDesks[] = [];
  for (const role of ROLES) {
    const path = join(directory, 'desks', role);
    const folder = await isFolder(disk, path);
    const names = folder ? await disk.list(path) : [];
    const desks: FoundDesks['desks'][number][] = [];
    for (const name of names) {
      const away = name.startsWith(DAMAGED_PREFIX);
      const owner = parseOwner(away ? name.slice(DAMAGED_PREFIX.length) : name);
      const facts = await unlessDamaged(() => disk.facts(join(path, name)));
      // One that is gone is being renamed; a file is no desk.
      if (owner && facts?.folder !== false) desks.push({ name, owner, away });
    }
    found.push({ role, folder, desks: desks.sort((a, b) => a.owner.number - b.owner.number) });
  }
  return found;
}

interface Held {
  readonly role: Role;
  readonly name: string;
  readonly release: () => Promise<void>;
}

export class Standstill {
  readonly #files: BankFiles;
  readonly #held: Held[] = [];
  #epoch: number;
  #notice: Buffer | undefined;
  #staged = 0;
  #lost: string | undefined;

  private constructor(files: BankFiles, epochMax: number) {
    this.#files = files;
    this.#epoch = epochMax;
  }

  /** Epoch under which recovery writes: above all that were ever seen. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * R1 to R3. `why` is what the notice says, if there is none; `epochMax` the newest epoch in the books.
   * @throws BankError BANK_BUSY when a living process keeps a role
   */
  static async begin(files: BankFiles, why: Problem, epochMax: number): Promise<Standstill> {
    await makeOffice(files);
    const standstill = new Standstill(files, epochMax);
    try {
      await standstill.#take('writer');
      await standstill.#putNoticeUp(why);
      // Whoever is refused by now lets go of this role as well, however long it would have idled.
      await standstill.#take('poster');
      return standstill;
    } catch (error) {
      await standstill.release();
      throw error;
    }
  }

  /** R1 to R3 for one role. */
  async #take(role: Role): Promise<void> {
    const { disk, directory } = this.#files;
    const held = { role, name: '', release: await takeRole(this.#files, role, this.#epoch) };
    this.#held.push(held);
    const found = await findDesks(this.#files);
    const numbers = found.flatMap(({ desks }) => desks.map(({ owner }) => owner.number));
    this.#epoch = 1 + Math.max(this.#epoch, ...numbers);
    held.name = await takeDesk(this.#files, found, role, this.#epoch);
    // What is staged was never anybody's: each thing that was put aside has its copy.
    const desk = join(directory, 'desks', role, DAMAGED_PREFIX + held.name);
    for (const paper of await this.#papersOn(desk)) {
      const path = join(desk, paper);
      if (!isMarkName(paper) && !(await isNoFile(disk, path))) await removeIfThere(disk, path);
    }
  }

  #papersOn(desk: string): Promise<string[]> {
    return mustBeThere(() => this.#files.disk.list(desk), overtaken);
  }

  /** R3: as long as it stands nobody opens the bank, whatever becomes of this process. */
  async #putNoticeUp({ file, what }: Problem): Promise<void> {
    if (await isNoFile(this.#files.disk, join(this.#files.directory, PAIN_FILE))) {
      await this.#putWhole(PAIN_FILE);
      this.#lost = undefined; // The notice will lie there under the same name.
    }
    this.#notice = await this.#readIfThere(PAIN_FILE);
    if (this.#notice !== undefined) return;
    this.#notice = noticeOf(damaged(file, what), this.#files.system);
    await this.#put(this.#notice, PAIN_FILE);
  }

  #readIfThere(file: string): Promise<Buffer | undefined> {
    const { disk, directory } = this.#files;
    return ifThere(() => disk.read(join(directory, file)));
  }

  #paper(): string {
    this.#staged++;
    const [writer] = this.#held;
    const desk = `desks/writer/${DAMAGED_PREFIX}${writer?.name}`;
    return join(this.#files.directory, desk, `repair-${this.#epoch}-${this.#staged}`);
  }

  /** R4: a copy of a file of the bank, durable in lost+found; what is no file makes room. */
  async keep(file: string): Promise<void> {
    const { disk, directory } = this.#files;
    if (await isNoFile(disk, join(directory, file))) return this.#putWhole(file);
    const bytes = await this.#readIfThere(file);
    if (bytes === undefined) return;
    await this.#put(bytes, await this.#lostPlaceOf(file));
  }

  /** The same name in this repair's own folder of lost+found, which is there by then. */
  async #lostPlaceOf(file: string): Promise<string> {
    this.#lost ??= await makeLost(this.#files);
    const place = join(this.#lost, file);
    await makeFolders(this.#files, dirname(place));
    return place;
  }

  /** R5: `bytes` under the name `file`; what had the name is kept. */
  async publish(file: string, bytes: Buffer): Promise<void> {
    await this.keep(file);
    await makeFolders(this.#files, dirname(file));
    await this.#put(bytes, file);
  }

  /** R4, R5: takes a file away that belongs nowhere; a copy is kept. */
  async putAside(file: string): Promise<void> {
    const { disk, directory } = this.#files;
    if (await isNoFile(disk, join(directory, file))) return this.#putWhole(file);
    await this.keep(file);
    const paper = this.#paper();
    await this.#rename(join(directory, file), paper);
    await disk.syncFolder(dirname(join(directory, file)));
    await removeIfThere(disk, paper);
  }

  /** A folder, or a link, is moved as it is: nobody writes in it. */
  async #putWhole(file: string): Promise<void> {
    const { disk, directory } = this.#files;
    const place = join(directory, await this.#lostPlaceOf(file));
    await this.#rename(join(directory, file), place);
    await disk.syncFolder(dirname(place));
    await disk.syncFolder(dirname(join(directory, file)));
  }

  async #put(bytes: Buffer, file: string): Promise<void> {
    const { disk, directory } = this.#files;
    const paper = this.#paper();
    await mustBeThere(() => writeDurably(disk, paper, bytes), overtaken);
    await this.#rename(paper, join(directory, file));
    await disk.syncFolder(dirname(join(directory, file)));
  }

  async #rename(from: string, to: string): Promise<void> {
    await mustBeThere(() => this.#files.disk.rename(from, to), overtaken);
  }

  /** R6: the notice that was read at the beginning, and no other. */
  async takeNoticeDown(): Promise<void> {
    const now = await this.#readIfThere(PAIN_FILE);
    if (now === undefined || this.#notice === undefined || !now.equals(this.#notice)) return;
    await this.putAside(PAIN_FILE);
  }

  /** R7: from here on the bank may be used by everybody; last comes the desk that everybody looks at. */
  async resume(): Promise<void> {
    const { disk, directory } = this.#files;
    for (const { role, name } of [...this.#held].reverse()) {
      const folder = join(directory, 'desks', role);
      const desk = join(folder, DAMAGED_PREFIX + name);
      for (const paper of await this.#papersOn(desk)) await removeIfThere(disk, join(desk, paper));
      await this.#rename(desk, join(folder, name));
      await disk.syncFolder(folder);
    }
    await this.release();
  }

  /** Lets go of both locks; the desks keep their names. */
  async release(): Promise<void> {
    for (const { release } of this.#held) await release();
  }
}

export async function isFolder(disk: Disk, path: string): Promise<boolean> {
  return (await unlessDamaged(() => disk.facts(path)))?.folder === true;
}

/** Whether something has the name that is no file: a folder, or a link that leads nowhere. */
export async function isNoFile(disk: Disk, path: string): Promise<boolean> {
  const facts = await unlessDamaged(() => disk.facts(path));
  if (facts) return facts.folder;
  return isListed(disk, path);
}

/** R1 needs the folders that roles are taken in. */
async function makeOffice(files: BankFiles): Promise<void> {
  const { disk, directory } = files;
  for (const folder of OFFICE_FOLDERS) {
    const path = join(directory, folder);
    if (!(await isFolder(disk, path))) await makeRoom(files, folder);
    if (await disk.makeFolder(path)) await disk.syncFolder(dirname(path));
  }
}

/** Takes away what lies where a folder belongs; a copy is kept. Never a folder: somebody else may have made it. */
async function makeRoom(files: BankFiles, file: string): Promise<void> {
  const { disk, directory } = files;
  const path = join(directory, file);
  const bytes = await ifThere(() => unlessDamaged(() => disk.read(path)));
  if (bytes) {
    const copy = join(await makeLost(files), file);
    await makeFolders(files, dirname(copy));
    await writeDurably(disk, join(directory, copy), bytes);
    await disk.syncFolder(dirname(join(directory, copy)));
  }
  if (bytes || (await isNoFile(disk, path))) await unlessDamaged(() => removeIfThere(disk, path));
}

/** A folder of the bank with all above it, their names durable. */
async function makeFolders(files: BankFiles, folder: string): Promise<void> {
  const { disk, directory } = files;
  if (folder === '.' || (await disk.exists(join(directory, folder)))) return;
  await makeFolders(files, dirname(folder));
  await disk.makeFolder(join(directory, folder));
  await disk.syncFolder(join(directory, dirname(folder)));
}

/** `lost+found/<time>`: a new one, so that nothing that lies there is written over. */
async function makeLost(files: BankFiles): Promise<string> {
  const { disk, directory, system } = files;
  await makeFolders(files, 'lost+found');
  const time = new Date(system.now()).toISOString().replaceAll(':', '-');
  for (let copy = 1; copy <= LOST_FOLDERS_MAX; copy++) {
    const lost = `lost+found/${time}${copy === 1 ? '' : `-${copy}`}`;
    if (!(await disk.makeFolder(join(directory, lost)))) continue;
    await disk.syncFolder(join(directory, 'lost+found'));
    return lost;
  }
  throw new Error(`drovebank bug: ${LOST_FOLDERS_MAX} recoveries in one millisecond`);
}

/** R1. Answers how to let go. */
async function takeRole(files: BankFiles, role: Role, epochMax: number) {
  const { lease, lock, queue } = files.stations[role];
  const found = (await findDesks(files)).find((desks) => desks.role === role);
  const inPlace = found?.desks.length === 1 && found.desks[0]?.away === false;
  // Or damaged: it was renamed away in this moment.
  const taken = inPlace && (await unlessDamaged(() => lease.take(async () => epochMax)));
  if (taken) return taken.release;
  // Whoever has the bank open finds its desk away when it is asked, and lets go.
  const start = files.system.monotonic();
  let ticket: Ticket | undefined;
  try {
    for (;;) {
      let lost = false;
      const release = await lock.tryTake(() => {
        lost = true;
      });
      if (release) return async () => (lost ? undefined : release().catch(() => {}));
      const [desk] = (await findDesks(files)).filter((desks) => desks.role === role);
      const owner = desk?.desks.at(-1)?.owner;
      // A recovery that was killed need not be waited for.
      if (owner && owner.random === lock.identity() && files.system.isSurelyDead(owner)) {
        lock.breakDead();
        continue;
      }
      if (files.system.monotonic() - start > LEASE_WAIT_MAX_MS) throw overtaken();
      if (!ticket || !(await queue.touch(ticket))) ticket = await queue.draw();
      await files.system.pause(WAIT_LOOK_MS).done;
    }
  } finally {
    if (ticket) await queue.remove(ticket);
  }
}

/** R2: the desk under the own name, and away. Where there is none one is made; more than one are put aside. */
async function takeDesk(
  files: BankFiles,
  found: readonly FoundDesks[],
  role: Role,
  epoch: number,
): Promise<string> {
  const { disk, directory, system, stations } = files;
  const random = stations[role].lock.identity() || system.random();
  const name = formatOwner({ ...system.identity, number: epoch, random });
  const folder = join(directory, 'desks', role);
  const path = join(folder, DAMAGED_PREFIX + name);
  const newest = found.find((desks) => desks.role === role)?.desks.at(-1);
  if (newest) await mustBeThere(() => disk.rename(join(folder, newest.name), path), overtaken);
  else await disk.makeFolder(path);
  await disk.syncFolder(folder);
  return name;
}

function overtaken(): BankError {
  const message = 'Another recovery is at work on this bank, or a process keeps its lock.';
  return new BankError('BANK_BUSY', message, {
    hint: 'Wait until it is done, then run this again.',
  });
}
