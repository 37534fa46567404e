// Tables as spreadsheets and people write them, whole and in any pieces; and every kind of line that cannot be read.
import { expect, test } from "bun:test";
import { type CsvRecord, createCsvReader, csvCell, csvLine } from "../../src/core/csv.ts";

function read(text: string, pieceLength = text.length): CsvRecord[] {
  const reader = createCsvReader();
  const records: CsvRecord[] = [];
  for (let at = 0; at < text.length; at += pieceLength) records.push(...reader.push(text.slice(at, at + pieceLength)));
  return [...records, ...reader.end()];
}
const cellsOf = (text: string, pieceLength?: number) =>
  read(text, pieceLength).map((record) => ("cells" in record ? record.cells : record.fault));

test("comma, semicolon and tab, whichever the first line is cut by", () => {
  expect(cellsOf("phone,name\n1,a;b")).toEqual([
    ["phone", "name"],
    ["1", "a;b"],
  ]);
  expect(cellsOf("phone;name\n1;a,b")).toEqual([
    ["phone", "name"],
    ["1", "a,b"],
  ]);
  expect(cellsOf("phone\tname\n1\ta,b")).toEqual([
    ["phone", "name"],
    ["1", "a,b"],
  ]);
  expect(cellsOf('"a,b,c";phone\nx;1')).toEqual([
    ["a,b,c", "phone"],
    ["x", "1"],
  ]);
  expect(cellsOf("sep=;\r\nphone;name\r\n1;x")).toEqual([
    ["phone", "name"],
    ["1", "x"],
  ]);
  expect(cellsOf("phone\n1\n2")).toEqual([["phone"], ["1"], ["2"]]);
});

test("quotes, doubled quotes, and line breaks within them, by any ending of lines", () => {
  expect(cellsOf('phone,name\r\n"1","say ""hi""\r\nthere"\r2,x\n\n3,"" ,\n4, y ')).toEqual([
    ["phone", "name"],
    ["1", 'say "hi"\r\nthere'],
    ["2", "x"],
    "There is text after a closing quote; a quote within quotes is written twice.",
    ["4", "y"],
  ]);
  expect(cellsOf('phone,size\n1,5" nail')).toEqual([
    ["phone", "size"],
    ["1", '5" nail'],
  ]);
});

test("in whatever pieces it comes it says the same", () => {
  const text = 'phone;name\r\n1;"Ä ""b""\r\nc"\r\n2;x\r\n"3;y\r\n4;"z"q\r\n5;"w"\r\n\r\n6;';
  const whole = read(text);
  for (let length = 1; length <= 12; length++) expect(read(text, length)).toEqual(whole);
});

test("a line that cannot be read costs itself alone, and is told by its number", () => {
  const text = 'phone,name\n1,a\n2,"b\n3,c\n4,"d"e\n"5\n5","f"\n6,g\n7,"h';
  expect(read(text).map((record) => [record.line, "cells" in record ? record.cells : "fault"])).toEqual([
    [1, ["phone", "name"]],
    [2, ["1", "a"]],
    [3, "fault"],
    [4, ["3", "c"]],
    [5, "fault"],
    [6, ["5\n5", "f"]],
    [8, ["6", "g"]],
    [9, "fault"],
  ]);
});

test("neither an endless quote nor an endless line takes the rest along", () => {
  const many = Array.from({ length: 20_000 }, (_, n) => `${n},x`).join("\n");
  const records = read(`phone,name\n1,"never closed\n${many}`, 7_001);
  expect(records.filter((record) => "fault" in record)).toEqual([{ line: 2, fault: expect.stringContaining("quote") }]);
  expect(records.length).toBe(20_002);
  const long = read(`phone,name\n1,${"x".repeat(200_000)}\n2,b`, 10_000);
  expect(long).toEqual([
    { line: 1, cells: ["phone", "name"] },
    { line: 2, fault: expect.stringContaining("2000 characters") },
    { line: 3, cells: ["2", "b"] },
  ]);
});

test("what is written is read as it was, and nothing of it is a formula", () => {
  const cells = ["plain", 'a "b", c', "two\nlines", "=1+2", "+49", "-1", "@x", "\tx", null];
  const line = csvLine(cells);
  expect(cellsOf(`h1,h2,h3,h4,h5,h6,h7,h8,h9\r\n${line}`)[1]).toEqual([
    ...["plain", 'a "b", c', "two\nlines", "'=1+2", "'+49", "'-1", "'@x", "'\tx", ""],
  ]);
  expect(csvCell("=cmd|' /C calc'!A0")).toBe(`"'=cmd|' /C calc'!A0"`);
});
