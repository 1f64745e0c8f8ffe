/** Where messages are put for a thread. */
interface Door {
  postMessage(message: unknown): void;
}

/** Hands messages that are written in the same turn of the event loop over in one: each wakes the other side anew. */
export class Outbox<Message> {
  readonly #door: Door;
  #messages: Message[] = [];

  constructor(door: Door) {
    this.#door = door;
  }

  post(message: Message): void {
    this.#messages.push(message);
    if (this.#messages.length > 1) return;
    setImmediate(() => {
      const messages = this.#messages;
      this.#messages = [];
      this.#door.postMessage(messages);
    });
  }
}
