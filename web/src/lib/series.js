// Numbers over time that the daemon does not keep: collected as long as the page is open.
export class Series {
  constructor(names, most = 600) {
    this.most = most;
    this.data = [[], ...names.map(() => [])];
  }

  add(at, values) {
    [at / 1000, ...values].forEach((v, i) => {
      this.data[i].push(v);
      if (this.data[i].length > this.most) this.data[i].shift();
    });
  }
}

// {from, to, count} of so wide buckets, from the least to the largest.
export function buckets(values, width) {
  if (!values.length) return [];
  const first = Math.floor(Math.min(...values) / width);
  const last = Math.floor(Math.max(...values) / width);
  const out = [];
  for (let i = first; i <= last; i++) out.push({ from: i * width, to: (i + 1) * width, count: 0 });
  for (const v of values) out[Math.floor(v / width) - first].count++;
  return out;
}
