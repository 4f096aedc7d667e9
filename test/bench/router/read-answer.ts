export interface ReadAnswer {
  status: number;
  body: string;
  /** Whether the connection ends with it. */
  closes: boolean;
}

/** The answer that a text (latin1) begins with; null where it is not whole yet. Throws where its end cannot be told: it reads only answers with a Content-Length. */
export function readAnswer(text: string): ReadAnswer | null {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const head = text.slice(0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer has no Content-Length:\n${head}`);
  const body = text.slice(headEnd + 4);
  if (body.length < Number(length)) return null;
  return { status: Number(head.slice(9, 12)), body, closes: /\r\nconnection: *close/i.test(head) };
}
