/**
 * A disk that answers in time, or says that it cannot. Browsers have databases that never open, transactions that never
 * end, and other tabs that stand in the way; whoever asks goes on without.
 */
import type { Disk, Environment } from "./environment.ts";

/** A disk that is not open, and read from once, by then is not used, in milliseconds. */
const OPEN_WITHIN = 3_000;
/** What takes longer than that is not waited for. */
const DONE_WITHIN = 5_000;

/** Null where there is no disk, or none that answers. */
export async function diskInTime(environment: Pick<Environment, "openDisk" | "after">): Promise<Disk | null> {
  const opened = environment.openDisk().then(async (disk) => {
    await disk?.all("state");
    return disk;
  });
  const disk = await within(environment, OPEN_WITHIN, opened).catch(() => null);
  return disk && patient(environment, disk);
}

function patient(environment: Pick<Environment, "after">, disk: Disk): Disk {
  let overdue = 0;

  function work<T>(ask: () => Promise<T>): Promise<T> {
    const asked = ask();
    return within(environment, DONE_WITHIN, asked, () => {
      overdue += 1;
      const back = () => void (overdue -= 1);
      asked.then(back, back);
    });
  }

  /** While something is overdue nothing else is asked for: it would only wait behind that. */
  const unlessStuck = <T>(ask: () => Promise<T>): Promise<T> =>
    overdue > 0 ? Promise.reject(new Error("the disk does not answer")) : work(ask);

  return {
    all: (shelf) => unlessStuck(() => disk.all(shelf)),
    put: (shelf, name, value) => unlessStuck(() => disk.put(shelf, name, value)),
    remove: (shelf, name) => unlessStuck(() => disk.remove(shelf, name)),
    change: (shelf, decide) => unlessStuck(() => disk.change(shelf, decide)),
    // What must not stay is dropped whenever the disk comes to it.
    clear: (shelf) => work(() => disk.clear(shelf)),
  };
}

function within<T>({ after }: Pick<Environment, "after">, milliseconds: number, work: Promise<T>, late = () => {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = after(milliseconds, () => {
      late();
      reject(new Error("it took too long"));
    });
    work.then(resolve, reject).finally(cancel).catch(() => undefined);
  });
}
