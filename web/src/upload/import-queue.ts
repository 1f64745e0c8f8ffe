import { messageOf } from '../api/http.ts';
import { STRINGS } from '../strings.ts';
import type { ResumeMemory } from './resume-memory.ts';
import { type UploadResult, uploadFile } from './upload-file.ts';

export interface ImportItem {
  readonly id: number;
  readonly file: File;
  readonly sentBytes: number;
  readonly state: 'waiting' | 'sending' | 'retrying' | UploadResult['status'];
  readonly message: string | null;
  readonly recordingId: string | null;
}

export interface ImportDesk {
  readonly uploadsUrl: string;
  readonly fetch: typeof fetch;
  readonly memory: ResumeMemory;
  readonly onStored: () => void;
}

const FILES_AT_ONCE = 2;

/** Files on their way to the library, two at a time; lives as long as the page. */
export class ImportQueue {
  readonly #desk: ImportDesk;
  readonly #listeners = new Set<() => void>();
  readonly #controls = new Map<number, AbortController>();
  #items: readonly ImportItem[] = [];
  #nextId = 1;

  constructor(desk: ImportDesk) {
    this.#desk = desk;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): readonly ImportItem[] => this.#items;

  add(files: readonly File[]): void {
    const added = files.map((file): ImportItem => {
      return { id: this.#nextId++, file, sentBytes: 0, state: 'waiting', message: null, recordingId: null };
    });
    this.#publish([...this.#items, ...added]);
    this.#startNext();
  }

  cancel(id: number): void {
    this.#controls.get(id)?.abort();
    if (this.#find(id)?.state === 'waiting') this.#change(id, { state: 'cancelled' });
  }

  again(id: number): void {
    this.#change(id, { state: 'waiting', message: null });
    this.#startNext();
  }

  /** Takes away all that is over. */
  clear(): void {
    this.#publish(this.#items.filter((item) => isActive(item)));
  }

  #startNext(): void {
    const running = this.#items.filter(
      (item) => item.state === 'sending' || item.state === 'retrying',
    ).length;
    const waiting = this.#items.filter((item) => item.state === 'waiting');
    for (const item of waiting.slice(0, Math.max(0, FILES_AT_ONCE - running))) void this.#run(item);
  }

  async #run({ id, file }: ImportItem): Promise<void> {
    const control = new AbortController();
    const { memory, onStored, ...server } = this.#desk;
    this.#controls.set(id, control);
    this.#change(id, { state: 'sending' });
    let result: UploadResult;
    try {
      result = await uploadFile(
        {
          ...server,
          wait,
          signal: control.signal,
          resumeUrl: memory.find(file),
          onUrl: (url) => memory.keep(file, url),
          onProgress: (sentBytes, isRetrying) =>
            this.#change(id, { sentBytes, state: isRetrying ? 'retrying' : 'sending' }),
        },
        file,
      );
    } catch (error) {
      // The file vanished or changed under the page.
      result = { status: 'refused', message: STRINGS.imports.unreadable(messageOf(error)) };
    }
    this.#controls.delete(id);
    if (result.status !== 'interrupted') memory.forget(file);
    this.#change(id, {
      state: result.status,
      message: result.status === 'refused' ? result.message : null,
      recordingId: 'recordingId' in result ? result.recordingId : null,
    });
    if (result.status === 'stored' || result.status === 'duplicate') onStored();
    this.#startNext();
  }

  #find(id: number): ImportItem | undefined {
    return this.#items.find((item) => item.id === id);
  }

  #change(id: number, change: Partial<ImportItem>): void {
    this.#publish(this.#items.map((item) => (item.id === id ? { ...item, ...change } : item)));
  }

  #publish(items: readonly ImportItem[]): void {
    this.#items = items;
    for (const listener of this.#listeners) listener();
  }
}

export function isActive(item: ImportItem): boolean {
  return item.state === 'waiting' || item.state === 'sending' || item.state === 'retrying';
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
