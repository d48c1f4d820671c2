/** What every runtime has besides the language, browsers and Node alike, as far as the client uses it. */

declare class URL {
  constructor(url: string, base?: string);
  readonly href: string;
}

declare class URLSearchParams {
  readonly size: number;
  set(name: string, value: string): void;
}

declare class AbortSignal {
  readonly aborted: boolean;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(): void;
}

declare class TextDecoder {
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}

declare class TextEncoder {
  encode(text: string): Uint8Array;
}

interface Response {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): { read(): Promise<{ done: false; value: Uint8Array } | { done: true; value?: undefined }> } } | null;
  text(): Promise<string>;
}
