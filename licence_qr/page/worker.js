// Makes the page open without a network: its own files are kept, one consistent set for each version. Nothing else is answered here.
// A request's address may carry the fragment, that is, the licence: this worker reads the path alone, and neither keeps, sends nor
// reports an address. What the registry publishes (keys, lists) is kept by the page itself, see kept.mjs.
"use strict";

const VERSION = "@VERSION@", FILES = ["@FILES@"];   // filled in by licence_qr/page/__init__.py: a changed file is a new version
const SHELL = `shell-${VERSION}`;

addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const shell = await caches.open(SHELL);
    await shell.addAll(FILES.map((path) => new Request(path, { cache: "no-cache", credentials: "omit", redirect: "error" })));
    await skipWaiting();
  })());
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("shell-") && name !== SHELL).map((name) => caches.delete(name)));
    await clients.claim();
  })());
});

addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || !FILES.includes(pathname)) return;
  event.respondWith((async () => (await (await caches.open(SHELL)).match(pathname)) ?? fetch(pathname, { credentials: "omit" }))());
});
