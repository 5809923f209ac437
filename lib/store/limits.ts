/** Every limit of the store, in one place. */

/** Entries in one batch: what is decided, written and synced at once. */
export const BATCH_ENTRIES_MAX = 16_384;
/** Requests that may wait; further ones are refused with BANK_BUSY. */
export const QUEUE_REQUESTS_MAX = 1_000_000;
/** Requests whose accounts are read while the process waits for its turn to write. */
export const AHEAD_REQUESTS_MAX = 512;
/** A segment that has grown past this is followed by a new one. */
export const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
/**
 * A writer that has written this much makes room ahead: bytes written over zeros that are there already
 * are synced without waiting for the file system's own journal.
 */
export const ROOM_AFTER_BYTES = 32 * 1024;
/**
 * Room is made for as much as the segment holds already, within these bounds. Nobody is answered meanwhile:
 * 8 MiB at once took 30 ms beside a poster that writes, 2 MiB a third of it.
 */
export const ROOM_BYTES_MIN = 64 * 1024;
export const ROOM_BYTES_MAX = 2 * 1024 * 1024;
/** Where a clean leave is looked for first, behind what was answered for. */
export const LEAVE_LOOK_BYTES = 4 * 1024;
/** Journal bytes read at once. */
export const READ_BYTES_MAX = 4 * 1024 * 1024;

/** Rows on an open page after a posting. */
export const PAGE_ROWS_MAX = 64;
/** Entries that may be answered and not yet posted. */
export const BACKLOG_ENTRIES_MAX = 1_000_000;
/**
 * How long requests are held back for each entry that they book, just before the backlog is full: longer than
 * posting it takes where each entry needs two files, so that it never gets there.
 */
export const HOLD_BACK_ENTRY_MS = 1;
/** How long they are held back at once, at most. */
export const HOLD_BACK_MS_MAX = 500;
/**
 * Accounts that are posted between two checkpoints. However many entries they have: an account's pages cost
 * the same for one entry and for a thousand, and the backlog bounds these.
 */
export const SLICE_ACCOUNTS_MAX = 100_000;
/** Accounts posted in one go; who waits is served in between. */
export const CYCLE_ACCOUNTS_MAX = 5_000;
/** Pages staged in one cycle above which one barrier replaces a sync for each. */
export const BARRIER_PAGES_MIN = 24;
/** Memory for the open pages that a poster keeps. */
export const PAGES_BYTES_MAX = 96 * 1024 * 1024;
/** What one of them takes besides its rows: its account, and what the engine needs for the bytes. */
export const PAGE_MEMORY_BYTES = 512;
/** An index is read in blocks of about this many bytes. */
export const INDEX_BLOCK_BYTES = 32 * 1024;
/** Lines of an index that is made anew that are put in order at once. */
export const INDEX_LINES_MAX = 100_000;
/** Long work lets others run after about this long. */
export const BREATH_MS = 1;
/** Requests that are decided, or answered, before somebody looks whether that was long ago. */
export const DECISIONS_AT_ONCE = 32;
/** How far the thread that posts stands back behind those that answer. */
export const POSTER_NICENESS = 5;
/** Posting follows a write after about this long. */
export const POSTING_DELAY_MS = 1_000;
/** Between two rounds of posting under load lies as much time as the first one took, up to this. */
export const POSTING_REST_MAX_MS = 4_000;
/** A bank is taken to be idle when nothing was answered for this long: what waits is posted at once. */
export const POSTING_IDLE_MS = 25;
/** A bank that closes with at most this many entries unposted posts them itself, without a thread. */
export const POSTING_INLINE_ENTRIES_MAX = 2_000;

/** Accounts kept in memory; those that are posted and cold are forgotten first. */
export const ACCOUNTS_CACHED_MAX = 300_000;
/** Accounts that are found by the index and looked at one by one; who wants more of them is given all there are. */
export const LISTED_AT_ONCE_MAX = 1_000;
/** Ids that no passbook has, looked up one by one before all of the journal's are read into memory. */
export const ID_SEARCHES_MAX = 8;
/** Keys looked up in the index before its filters are read into memory. */
export const KEY_LOOKS_MAX = 64;
/** Keys in memory above which the index is asked whether it has them by now. */
export const KEYS_RECENT_MAX = 200_000;
/** Entries that are looked up by their numbers are read on to from one to the next where it is no further away. */
export const ENTRIES_NEAR = 20_000;

/** A ticket that was not touched for this long, on the observer's clock, is passed over. */
export const TICKET_FRESH_MS = 1_000;
export const TICKET_TOUCH_MS = 150;
/** How often an observer looks at one ticket: most of the time nothing has changed. */
export const TICKET_LOOK_MS = 50;
/** How often somebody who waits looks again when nothing was heard. */
export const WAIT_LOOK_MS = 20;
/** How often somebody who waits to write reads what the others wrote. */
export const KEEP_UP_MS = 8;
/** How often a writer at work looks whether somebody waits. */
export const ASKED_LOOK_MS = 2;
/** How long a writer with work to do stays after somebody asked. */
export const LEAVE_WITHIN_MS = 10;
/** How long a request waits for the writer's desk before it is refused with BANK_BUSY. */
export const LEASE_WAIT_MAX_MS = 30_000;
/** Tries to read a mark that its writer is writing over. */
export const MARK_LOOKS_MAX = 1_000;
/** Tries to see the one directory in a desk's folder while it is being renamed. */
export const DESK_LOOKS_MAX = 200;
/** Wrong PINs in a row before no other is taken for a while. */
export const PIN_TRIES_MAX = 3;
/** Seconds for which none is taken then; each wrong one more doubles them, up to the second. */
export const PIN_LOCK_S = 30;
export const PIN_LOCK_MAX_S = 24 * 60 * 60;
/** Tries to read the newest file of a PIN while others make new ones. */
export const PIN_LOOKS_MAX = 200;
