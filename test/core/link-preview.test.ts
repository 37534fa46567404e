// What is read of a page for the preview of its link, and which link of a text that is.
import { expect, test } from "bun:test";
import { findLink, readPage } from "../../src/core/link-preview.ts";

test.each([
  ["look: https://example.com/a?b=c#d.", "https://example.com/a?b=c#d"],
  ["(see https://example.com/a_(b))", "https://example.com/a_(b)"],
  ["(see https://example.com/a)", "https://example.com/a"],
  ["*https://example.com/*, and http://other.example/", "https://example.com/"],
  ["HTTPS://EXAMPLE.COM/X", "HTTPS://EXAMPLE.COM/X"],
  ["https://", null],
  ["no link, just example.com", null],
])("the link in %p is %p", (text, link) => {
  expect(findLink(text)).toBe(link);
});

test("what a page says of itself for links comes before its title, and is read as a reader would see it", async () => {
  const html = `<!doctype html><html><head>
    <title>Shop &amp; Co</title>
    <meta name="description" content="for search engines">
    <meta property="og:title" content="Shoes&nbsp;&#8211; &quot;new&quot;">
    <meta property="og:description" content="  many
      lines  &#x1F45F; ">
    <meta property="og:image" content="/pictures/1.jpg?w=1&amp;h=2">
  </head><body><svg><title>an icon</title></svg></body></html>`;
  expect(await readPage(html, "https://shop.example/a/b")).toEqual({
    title: 'Shoes – "new"',
    description: "many lines 👟",
    image: "https://shop.example/pictures/1.jpg?w=1&h=2",
  });
});

test("a page that says nothing has its title alone, even where it was cut off", async () => {
  const nothing = { title: null, description: null, image: null };
  expect(await readPage("<title>Half a ti", "https://a.example/")).toEqual({ ...nothing, title: "Half a ti" });
  expect(await readPage("<svg><title>one</title></svg><title>two", "https://a.example/")).toMatchObject({
    title: "one",
  });
  expect(await readPage("", "https://a.example/")).toEqual(nothing);
  expect(await readPage("no <<< html >>> \0 at all", "https://a.example/")).toEqual(nothing);
});

test("what is too long is shortened, and images are only asked for over the web", async () => {
  const page = (image: string) =>
    readPage(
      `<meta property="og:image" content="${image}"><meta property="og:title" content="${"word ".repeat(500)}">`,
      "https://a.example/",
    );
  const { title } = await page("x");
  expect(title?.length).toBeLessThanOrEqual(300);
  expect(title).toEndWith("word…");
  for (const image of ["javascript:alert(1)", "data:image/png;base64,AA", "file:///etc/passwd", "https://["])
    expect((await page(image)).image).toBeNull();
});

test("a character that does not exist is no reason to fail", async () => {
  const { title } = await readPage("<title>&#xD800;|&#1114112;|&#0;|&unknown;</title>", "https://a.example/");
  expect(title).toBe("\ufffd|&#1114112;|&#0;|&unknown;");
});
