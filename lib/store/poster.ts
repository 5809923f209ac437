/**
 * The poster: follows the journal and brings the passbooks up to date. Recovery is the same thing,
 * started from the last checkpoint.
 *
 *  P1 take the poster's desk (lease.ts), and empty it
 *  P2 read the checkpoint, and the journal behind it as far as it has been answered for
 *  P3 stage the changed pages in the desk
 *  P4 make them durable
 *  P5 look at the desk; rename the sealed pages into place, make the names durable; then the open ones
 *  P6 bring the indexes up to date (index-writer.ts), then advance the checkpoint, durably
 *  P7 remove the tickets that are served
 *
 * After a crash at any step: the checkpoint is behind the pages, never before them. A poster that
 * takes over publishes every page touched since the checkpoint anew: it can't know which renames its
 * predecessor made durable.
 */
import { dirname, join } from 'node:path';
import { type Disk, mustBeThere, writeAll } from '../disk/disk.js';
import type { System } from '../disk/system.js';
import { accountFolder, pageName } from '../format/account-path.js';
import { type DigitsOf, pageBytes } from '../format/passbook-page.js';
import type { Checkpoint, Position } from '../format/position.js';
import type { AccountId } from '../ledger/account-id.js';
import { Breath } from './breath.js';
import { channels } from './channels.js';
import { desksIdentity, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { named } from './damage.js';
import type { Desks } from './desk.js';
import { syncFile } from './durable.js';
import { IndexKeeper } from './index-keeper.js';
import { KEYS } from './key-index.js';
import type { Lease, Taken } from './lease.js';
import { CYCLE_ACCOUNTS_MAX, PAGE_MEMORY_BYTES } from './limits.js';
import type { Log } from './log.js';
import { type OpenPage, openPageOf, type PageChange, postLegs } from './page-desk.js';
import type { Passbooks } from './passbooks.js';
import type { Queue, Ticket } from './queue.js';
import { ROSTER } from './roster-index.js';
import { Unposted } from './unposted.js';

export interface PosterParts {
  readonly disk: Disk;
  readonly system: System;
  readonly directory: string;
  readonly digitsOf: DigitsOf;
  readonly desks: Desks;
  readonly queue: Queue;
  readonly lease: Lease;
  readonly passbooks: Passbooks;
  readonly pageRowsMax: number;
  readonly barrierPagesMin: number;
  readonly sliceAccountsMax: number;
  readonly pagesBytesMax: number;
  readonly indexBlockBytes: number;
  /** Only followed, never led. */
  readonly log: Pick<Log, 'head' | 'read'>;
}

/** What a poster holds while the role is its own. */
interface Role {
  readonly taken: Taken;
  checkpoint: Checkpoint;
  readonly pages: Map<AccountId, OpenPage>;
  /** Memory that they take. */
  pagesBytes: number;
  staged: number;
  readonly unposted: Unposted;
  /** How far the journal was read. */
  read: Position;
  /** The indexes of accounts and of keys, brought up to date before each checkpoint. */
  readonly roster: IndexKeeper;
  readonly keys: IndexKeeper;
}

/** The poster lost its desk to another one: it has nothing more to do. */
class Displaced extends Error {}

export class Poster {
  readonly #parts: PosterParts;
  readonly #breath: Breath;
  #role: Role | undefined;

  constructor(parts: PosterParts) {
    this.#parts = parts;
    this.#breath = new Breath(parts.system);
  }

  get active(): boolean {
    return this.#role !== undefined;
  }

  /** Takes the role if no living process has it. Answers whether it is this one's now. */
  async tryStart(): Promise<boolean> {
    if (this.#role) return true;
    const { lease, desks, disk, directory } = this.#parts;
    const taken = await lease.tryTakeFree(async () => 0);
    if (!taken) return false;
    try {
      await desks.empty(taken.desk);
      const checkpoint = await readCheckpoint(disk, directory);
      const epoch = taken.desk.owner.number;
      const staging = { next: () => this.#nextPaper('index'), epoch, gone: displaced };
      const roster = await IndexKeeper.begin(this.#parts, ROSTER, staging, checkpoint);
      const keys = await IndexKeeper.begin(this.#parts, KEYS, staging, checkpoint);
      this.#role = {
        taken,
        checkpoint,
        pages: new Map(),
        pagesBytes: 0,
        staged: 0,
        unposted: new Unposted(checkpoint),
        read: checkpoint.position,
        roster,
        keys,
      };
      return true;
    } catch (error) {
      if (await desks.isMine(taken.desk)) throw error;
      return false; // Another one has the desk by now.
    } finally {
      if (!this.#role) await taken.release();
    }
  }

  /** Lets go of the role. */
  async stop(): Promise<void> {
    const role = this.#role;
    this.#role = undefined;
    await role?.taken.release();
  }

  /**
   * One round: serves who waits, then posts what has been answered, slice by slice. `more` is asked
   * between slices, with the entries that are left by then, and the last that is posted.
   * Answers up to which entry everything is posted; `undefined`: the role is gone.
   */
  async post(
    more: (left: number, posted: number) => boolean = () => true,
  ): Promise<number | undefined> {
    try {
      for (;;) {
        const role = this.#role;
        if (!role) return undefined;
        const head = await this.#parts.log.head();
        await this.#serve(role, head);
        if (head === undefined || head.seal === role.checkpoint.position.seal) {
          await this.#removeServed(role);
          return role.checkpoint.position.transfer;
        }
        await this.#postSlice(role, head);
        await this.#removeServed(role);
        const { transfer } = role.checkpoint.position;
        const left = ((await this.#parts.log.head()) ?? head).transfer - transfer;
        if (!more(left, transfer)) return transfer;
      }
    } catch (error) {
      const gone = error instanceof Displaced || !(await this.#isMine());
      await this.stop();
      if (gone) return undefined;
      throw error;
    }
  }

  /** What fails, or looks damaged, because another one has the desk by now and writes there, is no failure. */
  async #isMine(): Promise<boolean> {
    return this.#role !== undefined && (await this.#parts.desks.isMine(this.#role.taken.desk));
  }

  /** P2: reads on, until so many accounts have something to post. */
  async #read(role: Role, head: Position, accountsMax: number): Promise<void> {
    for await (const batch of this.#parts.log.read(role.read, head)) {
      // Those that were copied from the segment before are known.
      named(`journal/${batch.position.segment}`, () => {
        role.unposted.add(batch, role.read.transfer);
        role.roster.follow(batch.lines);
        role.keys.follow(batch.lines);
      });
      await this.#breath.take();
      role.read = batch.position;
      if (role.unposted.size >= accountsMax) return;
    }
    role.read = head; // A segment that was begun and not yet written to ends with its pin.
  }

  async #postSlice(role: Role, head: Position): Promise<void> {
    const { directory, system } = this.#parts;
    const start = system.monotonic();
    if (role.read.seal === role.checkpoint.position.seal || role.unposted.size === 0) {
      await this.#read(role, head, this.#parts.sliceAccountsMax);
    }
    let pages = 0;
    // Who waits is served in between, which may read further: the checkpoint moves when nothing pends.
    while (role.unposted.size > 0) {
      const ids = byFolder(role.unposted.ids());
      for (let at = 0; at < ids.length; at += CYCLE_ACCOUNTS_MAX) {
        if (pages > 0) await this.#serve(role, head);
        pages += await this.#publish(role, ids.slice(at, at + CYCLE_ACCOUNTS_MAX));
      }
    }
    const entries = role.read.transfer - role.checkpoint.position.transfer;
    await this.#advance(role);
    if (channels.post.hasSubscribers) {
      const ms = system.monotonic() - start;
      channels.post.publish({ directory, pages, entries, transfer: role.read.transfer, ms });
    }
  }

  /** P3 to P5 for the pending entries of `ids`. Answers how many pages were written. */
  async #publish(role: Role, ids: readonly AccountId[]): Promise<number> {
    const changes: PageChange[] = [];
    for (const id of ids) {
      if (role.unposted.has(id)) changes.push(await this.#change(role, id));
      await this.#breath.take();
    }
    const count = changes.reduce((sum, { sealed }) => sum + (sealed ? 2 : 1), 0);
    const many = count >= this.#parts.barrierPagesMin;
    const sealed: [string, string][] = [];
    const open: [string, string][] = [];
    const changed = new Set<string>();
    for (const { id, page, sealed: seal } of changes) {
      await this.#breath.take();
      const folder = await this.#folderOf(id, role.unposted.seqsOf(id).first === 1, changed);
      const stage = (rows: Buffer) => this.#stage(role, rows, !many);
      if (seal) sealed.push([await stage(seal.rows), join(folder, pageName(id, seal.number))]);
      open.push([await stage(page.rows), join(folder, pageName(id))]);
    }
    if (many) await this.#makeDurable([...sealed, ...open]);
    if (!(await this.#parts.desks.isMine(role.taken.desk))) throw new Displaced();
    for (const renames of [sealed, open]) {
      for (const [from, to] of renames) {
        await this.#rename(from, to);
        await this.#breath.take();
      }
      if (renames.length > 0) await this.#makeNamesDurable(changed, many);
    }
    for (const { id, page } of changes) {
      this.#remember(role, id, page);
      role.unposted.delete(id);
    }
    return count;
  }

  async #change(role: Role, id: AccountId): Promise<PageChange> {
    const { passbooks, digitsOf, pageRowsMax } = this.#parts;
    const page = role.pages.get(id) ?? (await openPageOf(passbooks, id));
    const { last } = role.unposted.seqsOf(id);
    return postLegs(id, page, last, role.unposted.legsOf(id), { digitsOf, pageRowsMax });
  }

  #remember(role: Role, id: AccountId, page: OpenPage): void {
    const known = role.pages.get(id);
    role.pagesBytes += bytesOf(page) - (known ? bytesOf(known) : 0);
    role.pages.delete(id); // Set anew: the map's order is by last use.
    role.pages.set(id, page);
    for (const [oldest, cold] of role.pages) {
      if (role.pagesBytes <= this.#parts.pagesBytesMax) break;
      role.pagesBytes -= bytesOf(cold);
      role.pages.delete(oldest);
    }
  }

  /**
   * The folder of an account, made for its first row. Folders with new names in them join `changed`,
   * also where it is there already: a poster that died may have made it, and not made it durable.
   */
  async #folderOf(id: AccountId, isNew: boolean, changed: Set<string>): Promise<string> {
    const { disk, directory } = this.#parts;
    const folder = join(directory, accountFolder(id));
    changed.add(folder);
    if (!isNew) return folder;
    const parent = dirname(folder);
    await disk.makeFolder(parent);
    await disk.makeFolder(folder);
    changed.add(parent).add(dirname(parent));
    return folder;
  }

  /** P3. */
  async #stage(role: Role, rows: Buffer, sync: boolean): Promise<string> {
    const { disk } = this.#parts;
    const path = this.#nextPaper('page', role);
    const file = await mustBeThere(() => disk.open(path, 'create'), displaced);
    try {
      await writeAll(file, pageBytes(rows), 0);
      if (sync) await file.sync(); // P4, for few.
    } finally {
      await file.close();
    }
    return path;
  }

  /** P4, for many: one barrier; where there is none, a sync each. */
  async #makeDurable(staged: readonly [string, string][]): Promise<void> {
    const { disk, directory } = this.#parts;
    // By a name that stays: the desk may be another one's by now, and P5 sees that.
    if (await disk.flushFileSystem(directory)) return;
    for (const [path] of staged) {
      await this.#breath.take();
      await mustBeThere(() => syncFile(disk, path), displaced);
    }
  }

  async #rename(from: string, to: string): Promise<void> {
    await mustBeThere(() => this.#parts.disk.rename(from, to), displaced);
  }

  async #makeNamesDurable(folders: ReadonlySet<string>, many: boolean): Promise<void> {
    const { disk, directory } = this.#parts;
    if (many && (await disk.flushFileSystem(directory))) return;
    for (const folder of folders) {
      await disk.syncFolder(folder);
      await this.#breath.take();
    }
  }

  /**
   * Makes the indexes anew, and the checkpoint where it stands: for a bank that lies at another place now. Takes
   * the role for that; answers whether it was this one's to the end, and there are indexes now.
   */
  async confirm(): Promise<boolean> {
    if (!(await this.tryStart())) return false;
    try {
      this.#role?.roster.distrust();
      this.#role?.keys.distrust();
      if (this.#role) await this.#advance(this.#role);
      const { index, keys } = this.#role?.checkpoint ?? {};
      return index !== '' && keys !== '';
    } catch (error) {
      if (error instanceof Displaced || !(await this.#isMine())) return false;
      throw error;
    } finally {
      await this.stop();
    }
  }

  /** A name for what is staged, in the desk: by the desk's epoch and a counter, and so never given again. */
  #nextPaper(kind: string, role = this.#role): string {
    if (role === undefined) throw new Displaced();
    const { desk } = role.taken;
    return join(desk.path, `${kind}-${desk.owner.number}-${++role.staged}`);
  }

  /** P6. */
  async #advance(role: Role): Promise<void> {
    const { disk, directory } = this.#parts;
    const { nextAccount, bookedAt } = role.unposted;
    const desks = await desksIdentity(disk, directory);
    const index = await role.roster.advance(role.read);
    const keys = await role.keys.advance(role.read);
    const checkpoint = { position: role.read, nextAccount, bookedAt, desks, index, keys };
    const staged = this.#nextPaper('checkpoint', role);
    await mustBeThere(() => writeCheckpoint(disk, directory, staged, checkpoint), displaced);
    role.checkpoint = checkpoint;
  }

  /** The accounts that somebody waits for come first. */
  async #serve(role: Role, head: Position | undefined): Promise<void> {
    const tickets = await this.#parts.queue.waiting();
    if (tickets.length === 0 || head === undefined) return;
    const wanted = new Set<AccountId>();
    for (const ticket of tickets) {
      for (const id of (await this.#wishOf(ticket)).ids) wanted.add(id as AccountId);
    }
    if (wanted.size === 0) return;
    await this.#read(role, head, Number.POSITIVE_INFINITY);
    const ids = [...wanted].filter((id) => role.unposted.has(id));
    if (ids.length > 0) await this.#publish(role, ids);
    for (const ticket of tickets) {
      const { ids: named, transfer } = await this.#wishOf(ticket);
      if (named.length > 0 && transfer <= role.read.transfer)
        await this.#parts.queue.remove(ticket);
    }
  }

  /** P7. */
  async #removeServed(role: Role): Promise<void> {
    for (const ticket of await this.#parts.queue.waiting()) {
      const { transfer } = await this.#wishOf(ticket);
      if (transfer <= role.checkpoint.position.transfer) await this.#parts.queue.remove(ticket);
    }
  }

  async #wishOf(ticket: Ticket): Promise<Wish> {
    return decodeWish(await this.#parts.queue.textOf(ticket));
  }
}

/** Memory that a page takes, about: most have few rows. */
function bytesOf({ rows }: OpenPage): number {
  return rows.length + PAGE_MEMORY_BYTES;
}

/** Accounts folder by folder: what is changed together should lie together on the disk as well. */
function byFolder(ids: readonly AccountId[]): AccountId[] {
  if (ids.length <= CYCLE_ACCOUNTS_MAX) return [...ids];
  const folders = ids.map((id, at) => ({ folder: accountFolder(id), at }));
  folders.sort((a, b) => (a.folder < b.folder ? -1 : a.folder > b.folder ? 1 : a.at - b.at));
  return folders.map(({ at }) => ids[at] as AccountId);
}

/** What a poster's ticket asks for: these accounts (all, if none is named) up to this entry. */
export interface Wish {
  readonly transfer: number;
  readonly ids: readonly string[];
}

export function encodeWish(wish: Wish): string {
  return `${[wish.transfer, ...wish.ids].join('\n')}\n.\n`;
}

/** A ticket that is not written to its end yet asks for nothing that could be there. */
function decodeWish(text: string): Wish {
  if (!text.endsWith('\n.\n')) return { transfer: Number.POSITIVE_INFINITY, ids: [] };
  const [transfer, ...ids] = text.slice(0, -3).split('\n');
  return { transfer: Number(transfer), ids };
}

/** What is staged goes with the desk that it lies in. */
const displaced = () => new Displaced();
