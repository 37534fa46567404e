// What people write to each other, in several languages and scripts: common words often, others seldom, and here and there
// one that nobody else uses.

/** Repeatable: the same texts in every run. */
export function createDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Each by how common its words are, the most common first. */
const languages = [
  "the you to is and for can we that of on have it please order when will tomorrow thanks my your delivery not with are do today at price address hello send good how what need time invoice payment customer ready where available confirm number store shipped received problem morning question",
  "und ich die der ist das nicht wir sie Sie mit für haben kann bitte morgen danke auf wann die Bestellung heute noch auch wie geht Grüße Rechnung Lieferung Termin Uhr schon gerne leider vielleicht Straße Preis Wochenende können müssen über natürlich bestätigen",
  "de que el la para por gracias no es con una hola mañana cuándo puedo pedido precio dirección hoy muy bien está tiene envío pago factura señor número también ahora después está listo dónde entrega",
  "o que não para com obrigado bom dia você pedido amanhã preço entrega hoje está tudo bem pode quando endereço também ação informações número pagamento já aqui",
  "и в не на я что это спасибо завтра заказ когда можно хорошо привет доставка сегодня сколько стоит адрес пожалуйста оплата деньги время номер готово",
  "في من على شكرا غدا الطلب متى السعر مرحبا اليوم العنوان توصيل كيف ممكن الدفع رقم جاهز",
  "है में का की और आप कब कल धन्यवाद ऑर्डर कितना आज पता नमस्ते भुगतान समय",
].map((words) => words.split(" "));

/** Written without spaces. */
const phrases = [
  "谢谢 你好 请问 什么时候 可以 发货 订单 地址 明天 今天 多少钱 没问题 收到 好的 我们 公司 产品 价格 付款 快递 联系 电话 时间 上海 北京 需要 客户 帮忙 一下".split(
    " ",
  ),
  "ありがとう こんにちは 注文 いつ 届きますか 住所 明日 今日 いくら 大丈夫です お願いします 商品 支払い 電話番号 時間 東京 了解しました すみません".split(
    " ",
  ),
  "감사합니다 안녕하세요 주문 언제 배송 주소 내일 오늘 얼마예요 괜찮아요 결제 시간 서울 확인".split(" "),
  "ขอบคุณ สวัสดี สั่งซื้อ เมื่อไหร่ จัดส่ง ที่อยู่ พรุ่งนี้ วันนี้ ราคา ตกลง".split(" "),
];
const spacelessShare = 0.15;
const longest = 14;

export type Texts = (number: number) => string;

/** By the message's number; every ten-thousandth has a word of its own, and every hundredth an order's number. */
export function createTexts(dice: () => number): Texts {
  /** Of a list by how common its words are. */
  const common = (words: readonly string[]) => words[Math.floor(words.length * dice() ** 2.5)] ?? "";
  const pick = <T>(list: readonly T[]) => list[Math.floor(dice() * list.length)] as T;
  return (number) => {
    const isSpaceless = dice() < spacelessShare;
    const words = isSpaceless ? pick(phrases) : (languages[Math.floor(languages.length * dice() ** 1.6)] ?? []);
    const said = Array.from({ length: 1 + Math.floor(dice() * longest) }, () => common(words));
    if (number % 100 === 0) said.push(`A-${100_000 + number}`);
    if (number % 10_000 === 0) said.push(isSpaceless ? "饕餮盛宴" : "Zwetschgenknödel");
    return said.join(isSpaceless ? "" : " ");
  };
}
