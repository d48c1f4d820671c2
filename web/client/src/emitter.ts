/** Something that happens in one part of the client, for those parts that are made later than it. */
export interface Emitter<T = void> {
  /** It has happened. */
  emit(value: T): void;
  /** Calls from now on, until what is answered is called. */
  on(listener: (value: T) => void): () => void;
}

export function createEmitter<T = void>(): Emitter<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    emit: (value) => listeners.forEach((listener) => listener(value)),
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
