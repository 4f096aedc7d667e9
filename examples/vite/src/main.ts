import "./style.css";
import { tidesOf } from "./tides.ts";

const view = document.querySelector<HTMLElement>("#view")!;

/** Pages are routed here, in the browser: `/week` is no file, and is answered with index.html. */
function show(): void {
  const days = location.pathname === "/week" ? 7 : 1;
  view.replaceChildren(...Array.from({ length: days }, (_, day) => section(new Date(Date.now() + day * 86_400_000))));
}

function section(day: Date): HTMLElement {
  const element = document.createElement("section");
  const title = document.createElement("h2");
  title.textContent = day.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" });
  const list = document.createElement("ul");
  for (const { at, kind } of tidesOf(day)) {
    const item = document.createElement("li");
    item.textContent = `${at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })} ${kind} water`;
    list.append(item);
  }
  element.append(title, list);
  return element;
}

document.querySelector("nav")!.addEventListener("click", (event) => {
  if (!(event.target instanceof HTMLAnchorElement) || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  history.pushState(null, "", event.target.href);
  show();
});
addEventListener("popstate", show);
show();
