import fc from "fast-check";

const token = fc
  .stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/)
  .filter((name) => !/^(?:content-length|transfer-encoding|connection|upgrade|keep-alive)$/i.test(name));
const value = fc.stringMatching(/^(?:[!-~](?:[ -~]{0,20}[!-~])?)?$/);
const fields = fc.array(fc.tuple(token, value), { maxLength: 6 });
const bytes = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});

/** A valid answer, and what it says. */
export const answers = fc
  .record({
    status: fc.constantFrom(200, 201, 404, 500, 204, 304),
    words: fc.constantFrom("OK", "", "Not Found", "\xe9"),
    headers: fields,
    pieces: fc.array(bytes, { maxLength: 5 }),
    trailers: fc.array(fc.tuple(token, value), { maxLength: 3 }),
    framing: fc.constantFrom("length", "chunked", "until-close" as const),
    extension: fc.constantFrom("", ";a", ';a="b;c"'),
  })
  .map(({ status, words, headers, pieces, trailers, framing, extension }) => {
    const isBare = status === 204 || status === 304;
    const lines = (list: [string, string][]) => list.map(([name, text]) => `${name}: ${text}\r\n`).join("");
    const body = isBare ? "" : pieces.join("");
    const start = `HTTP/1.1 ${status} ${words}\r\n${lines(headers)}`;
    const whole = { status, headers, body, trailers: framing === "chunked" && !isBare ? trailers : [] };
    if (framing === "until-close" || isBare) return { ...whole, text: `${start}\r\n${body}` };
    if (framing === "length") return { ...whole, text: `${start}Content-Length: ${body.length}\r\n\r\n${body}` };
    const chunks = pieces
      .filter((piece) => piece !== "")
      .map((piece) => `${piece.length.toString(16)}${extension}\r\n${piece}\r\n`);
    return {
      ...whole,
      text: `${start}Transfer-Encoding: chunked\r\n\r\n${chunks.join("")}0\r\n${lines(trailers)}\r\n`,
    };
  });

const spoil = fc.tuple(
  fc.nat(),
  fc.constantFrom(
    "",
    "\r",
    "\n",
    "\r\n",
    "\0",
    " ",
    "0",
    "5",
    ":",
    "Content-Length: 1\r\n",
    "Transfer-Encoding: chunked\r\n",
  ),
  fc.nat(3),
);

/** Answers in which something was put in or left out. */
export const spoiltAnswers = fc
  .tuple(answers, fc.array(spoil, { minLength: 1, maxLength: 3 }))
  .map(([{ text }, spoils]) => {
    let spoiled = text;
    for (const [place, insert, dropped] of spoils) {
      const at = place % (spoiled.length + 1);
      spoiled = spoiled.slice(0, at) + insert + spoiled.slice(at + dropped);
    }
    return spoiled;
  });
