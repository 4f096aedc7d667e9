export { feedPath } from "./address.ts";
export { type FeedLink, type FeedLinkDeps, startFeedLink } from "./link.ts";
export { type RouterFeed, type RouterFeedDeps, startRouterFeed } from "./router-feed.ts";
export { silenceMs } from "./roster.ts";
export { openTableFile, type TableFile } from "./table-file.ts";
export { keepUnread } from "./table-patch.ts";
