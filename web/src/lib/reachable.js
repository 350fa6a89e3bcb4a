// For what is wider than its place: it scrolls by keyboard, too, when it has to.
export function reachable(node) {
  const look = () => {
    if (node.scrollWidth > node.clientWidth) node.tabIndex = 0;
    else node.removeAttribute('tabindex');
  };
  const size = new ResizeObserver(look);
  size.observe(node);
  for (const child of node.children) size.observe(child);
  return { destroy: () => size.disconnect() };
}
