// The little plane geometry that drawing the base map takes. Points are [x, y].

// contains says whether a ring surrounds the point (even-odd rule).
export function contains(ring, [x, y]) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

// clip cuts a side into pieces of about a kilometre and keeps those whose middle is inside.
export function clip(a, b, inside) {
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const n = Math.min(Math.max(Math.ceil(length / 0.015), 1), 400);
  const at = (i) => [a[0] + ((b[0] - a[0]) * i) / n, a[1] + ((b[1] - a[1]) * i) / n];
  const kept = [];
  for (let i = 0; i < n; i++) {
    if (inside(at(i + 0.5))) kept.push([at(i), at(i + 1)]);
  }
  return kept;
}

// chain joins segments that share an end into lines, as long as only two meet.
export function chain(segments) {
  const key = ([x, y]) => `${x.toFixed(6)},${y.toFixed(6)}`;
  const meeting = new Map(); // end -> indices of the segments that have it
  segments.forEach((segment, i) => {
    for (const end of segment) {
      if (!meeting.has(key(end))) meeting.set(key(end), []);
      meeting.get(key(end)).push(i);
    }
  });
  const used = new Set();
  const follow = (line, end) => {
    for (;;) {
      const around = meeting.get(key(end));
      const next = around.length === 2 && around.find((i) => !used.has(i));
      if (next === false || next === undefined) return line;
      used.add(next);
      const [a, b] = segments[next];
      end = key(a) === key(end) ? b : a;
      line.push(end);
    }
  };
  const lines = [];
  segments.forEach(([a, b], i) => {
    if (used.has(i)) return;
    used.add(i);
    const forward = follow([b], b);
    const back = follow([a], a);
    lines.push([...back.reverse(), ...forward]);
  });
  return lines;
}

// shorten drops the points of a line that are less than the tolerance away from
// it (Ramer, Douglas and Peucker).
export function shorten(line, tolerance) {
  if (line.length < 3) return line;
  const [a, b] = [line[0], line.at(-1)];
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const away = ([x, y]) =>
    length === 0 ? Math.hypot(x - a[0], y - a[1]) : Math.abs((b[0] - a[0]) * (a[1] - y) - (a[0] - x) * (b[1] - a[1])) / length;
  let farthest = 0;
  for (let i = 1; i < line.length - 1; i++) {
    if (farthest === 0 || away(line[i]) > away(line[farthest])) farthest = i;
  }
  if (away(line[farthest]) <= tolerance) return [a, b];
  return [...shorten(line.slice(0, farthest + 1), tolerance).slice(0, -1), ...shorten(line.slice(farthest), tolerance)];
}
