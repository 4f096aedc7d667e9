import { createRequire } from "node:module";
import type * as xmldom from "@xmldom/xmldom";

const require = createRequire(import.meta.url);
/** Loaded with the first document: few projects have one, and it takes 6 MB. */
const loadParser = (): typeof xmldom => require("@xmldom/xmldom");

/** An element of an XML document; names are without their namespace's prefix. */
export interface XmlNode {
  name: string;
  attributes: Readonly<Record<string, string>>;
  /** Its own text, without the white space around it. */
  text: string;
  children: readonly XmlNode[];
}

/** Reads an XML document; null where it is none. */
export function readXml(text: string): XmlNode | null {
  if (text.trim() === "") return null;
  const { DOMParser, onErrorStopParsing } = loadParser();
  try {
    const root = new DOMParser({ onError: onErrorStopParsing }).parseFromString(
      text.trim(),
      "text/xml",
    ).documentElement;
    return root === null ? null : makeNode(root);
  } catch {
    return null;
  }
}

function makeNode(element: xmldom.Element): XmlNode {
  const children: XmlNode[] = [];
  let text = "";
  for (const child of element.childNodes) {
    if (isElement(child)) children.push(makeNode(child));
    else if (child.nodeType === child.TEXT_NODE || child.nodeType === child.CDATA_SECTION_NODE)
      text += child.nodeValue ?? "";
  }
  const attributes = Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value]));
  return { name: element.localName ?? element.nodeName, attributes, text: text.trim(), children };
}

function isElement(node: { nodeType: number }): node is xmldom.Element {
  return node.nodeType === 1;
}

/** The nodes at a path of names below a node. */
export function nodesAt(node: XmlNode | null, ...path: readonly string[]): XmlNode[] {
  let found = node === null ? [] : [node];
  for (const name of path) found = found.flatMap(({ children }) => children.filter((child) => child.name === name));
  return found;
}

/** The text of the first node at a path; null where it is not there or empty. */
export function textAt(node: XmlNode | null, ...path: readonly string[]): string | null {
  return nodesAt(node, ...path)[0]?.text || null;
}
