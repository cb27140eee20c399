// Things in rows that are one stop for the Tab key, the one reached last; arrow keys go from one to another.

export function reach(things, one, focus = true) {
  for (const thing of things) thing.tabIndex = thing === one ? 0 : -1;
  if (focus) one.focus();
}

export function rove(event, things, columns) {
  const at = things.indexOf(event.target);
  const ahead = getComputedStyle(event.target).direction === "rtl" ? -1 : 1;
  const to = things[{
    ArrowLeft: at - ahead, ArrowRight: at + ahead, ArrowUp: at - columns, ArrowDown: at + columns,
    Home: 0, End: things.length - 1,
  }[event.key]];
  if (!to) return;
  event.preventDefault();
  reach(things, to);
}
