// What the server says of a point. `what` names it in a sentence where it fails.
async function post(url, body, what) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal: AbortSignal.timeout(30000),
    });
  } catch {
    throw new Error(`${what} could not be fetched.`);
  }
  if (!response.ok) {
    const { error } = await response.json().catch(() => ({}));
    throw new Error(error || `${what} could not be made.`);
  }
  return response;
}

// Asks about points as they come. A widget built on it has `what`, `read(response)`,
// `take(content)`, a `message`, and `waiting`, the part of it that an answer changes.
class Follower {
  busy = false;
  asked = null;
  next = null;

  // One point at a time; of those that went by meanwhile only the newest is asked for.
  ask(body) {
    const wish = `${this.data.url} ${body}`;
    if (wish === this.asked) return;
    this.asked = wish;
    this.next = { url: this.data.url, body, wish };
    this.waiting.ariaBusy = "true";
    if (!this.busy) this.fetchNext();
  }

  async fetchNext() {
    this.busy = true;
    while (this.next) {
      const { url, body, wish } = this.next;
      this.next = null;
      try {
        const content = await this.read(await post(url, body, this.what));
        if (this.gone) return;
        if (url === this.data.url) this.take(content);
        this.message.textContent = "";
      } catch (error) {
        if (this.gone) return;
        if (!this.next && url === this.data.url) this.message.textContent = error.message;
        // Forgotten, so that the next update asks again.
        if (this.asked === wish) this.asked = null;
      }
    }
    this.busy = false;
    this.waiting.ariaBusy = "false";
  }
}

