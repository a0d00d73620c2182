// Written by scripts/update-prices.ts. Do not change it here; run: npm run prices:update
// Prices as of 2026-11-29, from these sources. The first source of a model counts; docs/price-disagreements.md lists where the others differ.
// 1. scripts/prices/by-hand.txt, which names the source of each row
// 2. LiteLLM 1.110.2 of 2026-11-20, litellm/model_prices_and_context_window_backup.json (https://github.com/BerriAI/litellm, MIT, © Berri AI)
// 3. genai-prices 0.2.3 of 2026-11-10, genai_prices/data.py (https://github.com/pydantic/genai-prices, MIT, © Pydantic Services Inc.)
// src/metering/price-table.ts explains the letters; figures are USD per million.

export const priceTable = `@openai
ada babbage-002 text-ada-001|i0.4 o0.4
babbage|i0.5 o0.5
chat-latest|i5 o30 c0.5 m128000|n400000 tif>t
chatgpt-4o-latest|i5 o15|n128000
chatgpt-image-latest|i5 o10 c1.25 g8 G32 ybatch i2.5 o5 c0.63 g4 G16|t>i d2026-12-01
codex-mini codex-mini-latest|i1.5 o6 c0.375|n200000
computer-use|i3 o12|n8192
computer-use-preview computer-use-preview-2025-03-11|i3 o12 m1024|n8192 tif>t d2026-07-23
curie davinci-002 text-curie-001|i2 o2
dall-e-2|x1024x1024=0.02 x512x512=0.018 x256x256=0.016
dall-e-3|x1024x1024/standard=0.04 x1024x1792/standard=0.08 x1792x1024/standard=0.08 x1024x1024/hd=0.08 x1024x1792/hd=0.12 x1792x1024/hd=0.12
davinci text-davinci-001 text-davinci-002 text-davinci-003|i20 o20
daybreak-blue-latest gpt-daybreak-blue-latest|i4 o20 c0.4 w5 m128000 t272000 i8 o30 c0.8 w10|n922000 tif>t
daybreak-red-latest gpt-daybreak-red-latest|i12.5 o75 c1.25 w15.625 m128000 t272000 i25 o112.5 c2.5 w31.25|n272000 tif>t
ft:gpt-3.5-turbo|i3 o6 m4096 ybatch*0.5|n16385 t>t d2026-10-23
ft:gpt-3.5-turbo-|i3 o6 ybatch*0.5
ft:gpt-3.5-turbo-0125|i3 o6 m4096|n16385 t>t d2026-10-23
ft:gpt-3.5-turbo-0613|i3 o6 m4096|n4096 t>t d2026-10-23
ft:gpt-3.5-turbo-1106|i3 o6 m4096|n16385 t>t d2026-09-28
ft:gpt-4-0 gpt-4-0314|i30 o60 ybatch*0.5|n8192
ft:gpt-4-0613|i30 o60 m4096|n8192 t>t d2026-10-23
ft:gpt-4.1-2025-04-14|i3 o12 c0.75 m32768 ybatch i1.5 o6 c0.5|n1047576 t>t d2027-01-14
ft:gpt-4.1-mini-2025-04-14|i0.8 o3.2 c0.2 m32768 ybatch*0.5|n1047576 t>t d2027-01-14
ft:gpt-4.1-nano-2025-04-14|i0.2 o0.8 c0.05 m32768 ybatch*0.5|n1047576 t>t d2026-10-23
ft:gpt-4o-2024-08-06|i3.75 o15 c1.875 m16384 ybatch i2.225 o12.5 c0.9|n128000 tif>t d2027-01-14
ft:gpt-4o-2024-11-20|i3.75 o15 w1.875 m16384|n128000 tf>t d2027-01-14
ft:gpt-4o-mini-2024-07-18|i0.3 o1.2 c0.15 m16384 ybatch*0.5|n128000 tf>t d2027-01-14
ft:o4-mini-2025-04-16|i4 o16 c1 m100000 ybatch*0.5|n200000 t>t d2026-10-23
gpt-3.5-0301 gpt-3.5-turbo-0301|i1.5 o2
gpt-3.5-turbo gpt-3.5-turbo-0125|i0.5 o1.5 m4096 ybatch*0.5|n16385 t>t d2026-10-23
gpt-3.5-turbo-0613 gpt-3.5-turbo-instruct gpt-3.5-turbo-instruct-0914|i1.5 o2|n16385
gpt-3.5-turbo-1106|i1 o2 m4096 ybatch*1|n16385 t>t d2026-09-28
gpt-3.5-turbo-16k|i3 o4 m4096|n16385 t>t d2026-10-23
gpt-3.5-turbo-16k-0613 gpt-35-turbo-16k gpt-35-turbo-16k-0613|i3 o4|n16385
gpt-35-turbo|i0.5 o1.5 ybatch*0.5|n16385
gpt-4 gpt-4-0613|i30 o60 m4096 ybatch*0.5|n8192 t>t d2026-10-23
gpt-4-0125-preview gpt-4-turbo-0125-preview gpt-4-turbo-preview|i10 o30 ybatch*0.5|n128000
gpt-4-1106-preview|i10 o30 m4096 ybatch*0.5|n128000 t>t d2026-10-23
gpt-4-1106-vision-preview gpt-4-vision-preview|i10 o30|n128000
gpt-4-32k gpt-4-32k-0314 gpt-4-32k-0613|i60 o120|n32000
gpt-4-turbo gpt-4-turbo-2024-04-09|i10 o30 m4096 ybatch*0.5|n128000 tif>t d2026-10-23
gpt-4.1 gpt-4.1-2025-04-14|i2 o8 c0.5 e0.01 E0.025 l0.0025 m32768 yfast*1.75 ybatch*0.5|n1000000 tif>t d2027-01-14
gpt-4.1-mini gpt-4.1-mini-2025-04-14|i0.4 o1.6 c0.1 e0.01 E0.025 l0.0025 m32768 yfast*1.75 ybatch*0.5|n1000000 tif>t d2027-01-14
gpt-4.1-nano gpt-4.1-nano-2025-04-14|i0.1 o0.4 c0.025 m32768 yfast*2 ybatch*0.5|n1000000 tif>t d2026-10-23
gpt-4.5-preview|i75 o150 c37.5
gpt-4o gpt-4o-2024-08-06 gpt-4o-2024-11-20|i2.5 o10 c1.25 e0.01 E0.025 l0.0025 m16384 yfast*1.7 ybatch*0.5|n128000 tif>t d2027-01-14
gpt-4o-2024-05-13|i5 o15 e0.01 E0.025 l0.0025 m4096 yfast*1.75 ybatch*0.5|n128000 tif>t d2026-10-23
gpt-4o-audio-preview|i2.5 o10 a40 A80 m16384|n128000
gpt-4o-audio-preview-2024-12-17 gpt-4o-audio-preview-2025-06-03|i2.5 o10 a40 A80 m16384|n128000 ta>ta d2027-01-20
gpt-4o-mini gpt-4o-mini-2024-07-18|i0.15 o0.6 c0.075 e0.01 E0.025 l0.0025 m16384 yfast i0.25 o1 c0.125 ybatch*0.5|n128000 tif>t d2027-01-14
gpt-4o-mini-2024-07-18.ft-|i0.3 o1.2 ybatch*0.5
gpt-4o-mini-audio|i0.15 o0.6|n128000
gpt-4o-mini-audio-preview|i0.15 o0.6 a10 A20 m16384|n128000
gpt-4o-mini-audio-preview-2024-12-17|i0.15 o0.6 a10 A20 m16384|n128000 ta>ta d2027-01-20
gpt-4o-mini-realtime gpt-4o-mini-realtime-preview|i0.6 o2.4 c0.3 a10 A20|n16000
gpt-4o-mini-search-preview|i0.15 o0.6 c0.075 e0.025 l0.0025 m16384 ybatch*0.5 yfast i0.25 o1 c0.125|n128000 tif>t
gpt-4o-mini-search-preview-2025-03-11|i0.15 o0.6 c0.075 e0.025 l0.0025 m16384 ybatch*0.5 yfast i0.25 o1 c0.125|n128000 tif>t d2026-07-23
gpt-4o-mini-transcribe gpt-4o-mini-transcribe-2025-12-15|i1.25 o5 a1.25 s50 m2000|n16000 a>t d2027-02-26
gpt-4o-mini-transcribe-2025-03-20|i1.25 o5 a1.25 s50 m2000|n16000 a>t d2027-01-20
gpt-4o-mini-tts gpt-4o-mini-tts-2025-03-20 gpt-4o-mini-tts-2025-12-15|i0.6 o12 k15|t>a d2027-01-06
gpt-4o-realtime gpt-4o-realtime-preview|i5 o20 c2.5 a40 A80|n32000
gpt-4o-search-preview|i2.5 o10 c1.25 e0.025 m16384 ybatch*0.5|n128000 tif>t
gpt-4o-search-preview-2025-03-11|i2.5 o10 c1.25 e0.025 m16384 ybatch*0.5|n128000 tif>t d2026-07-23
gpt-4o-transcribe gpt-4o-transcribe-diarize|i2.5 o10 a2.5 s100 m2000|n16000 a>t d2027-02-26
gpt-4o:extended|i6 o18
gpt-5 gpt-5-2025-08-07|i1.25 o10 c0.125 e0.01 l0.0025 m128000 yfast*2 yflex*0.5 ybatch*0.5|n400000 tif>t d2026-12-11
gpt-5-1 gpt-5-1-2025-11-13 gpt-5-1-chat gpt-5-1-chat-latest gpt-5-1-codex gpt-5-1-codex-max gpt-5.1-chat|i1.25 o10 c0.125 e0.01 l0.0025 yfast*2 yflex*0.5 ybatch*0.5|n400000
gpt-5-1-codex-mini gpt-5-1-mini gpt-5.1-mini|i0.25 o2 c0.025|n400000
gpt-5-2 gpt-5-2-2025-12-11 gpt-5-2-chat gpt-5-2-chat-latest gpt-5-2-codex gpt-5.2-chat|i1.75 o14 c0.175 e0.01 l0.0025 yfast*2 yflex*0.5 ybatch*0.5|n400000
gpt-5-2-pro-2025-12-11|i21 o168 e0.01 l0.0025 ybatch*0.5|n400000
gpt-5-3 gpt-5-3-chat gpt-5-3-chat-latest gpt-5.3 gpt-5.3-chat|i1.75 o14 c0.175|n128000
gpt-5-3-codex|i1.75 o14 c0.175 yfast*2|n400000
gpt-5-4 gpt-5-4-2026-03-05|i2.5 o15 c0.25 e0.01 l0.0025 t272000 i5 o22.5 c0.5 yfast*2 yflex i1.25 o7.5 c0.13 t272000 i2.5 o11.25 c0.25 ybatch i1.25 o7.5 c0.13 t272000 i2.5 o11.25 c0.25|n1050000
gpt-5-4-mini gpt-5-4-mini-2026-03-17|i0.75 o4.5 c0.075 e0.01 l0.0025 yfast*2 yflex*0.5 ybatch*0.5|n400000
gpt-5-4-nano gpt-5-4-nano-2026-03-17|i0.2 o1.25 c0.02 e0.01 l0.0025 yflex*0.5 ybatch*0.5|n400000
gpt-5-4-pro gpt-5-4-pro-2026-03-05|i30 o180 e0.01 l0.0025 t272000 i60 o270 yflex*0.5 ybatch*0.5|n1050000
gpt-5-5 gpt-5-5-2026-04-23 gpt-5-5-2026-04-24 gpt-5-5-chat gpt-5-5-chat-latest gpt-5-5-codex gpt-5.5-2026-04-24 gpt-5.5-chat gpt-5.5-chat-latest gpt-5.5-codex|i5 o30 c0.5 e0.01 l0.0025 t272000 i10 o45 c1 yfast*2.5 yflex*0.5 ybatch*0.5|n1000000
gpt-5-5-pro gpt-5-5-pro-2026-04-23|i30 o180 e0.01 l0.0025 t272000 i60 o270 yflex*0.5 ybatch*0.5|n1000000
gpt-5-6 gpt-5-6-sol|i4 o20 c0.4 w5 e0.01 l0.0025 t272000 i8 o30 c0.8 w10 yfast*2 yflex*0.5 ybatch*0.5|n1050000
gpt-5-6-luna|i0.2 o1.2 c0.02 w0.25 e0.01 l0.0025 t272000 i0.4 o1.8 c0.04 w0.5 yfast*2 yflex*0.5 ybatch*0.5|n1050000
gpt-5-6-terra|i2 o12 c0.2 w2.5 e0.01 l0.0025 t272000 i4 o18 c0.4 w5 yfast*2 yflex*0.5 ybatch*0.5|n1050000
gpt-5-chat gpt-5-chat-latest gpt-5.1-chat-latest|i1.25 o10 c0.125 e0.01 l0.0025 m16384 yfast*2 yflex*0.5 ybatch*0.5|n400000 tif>t d2026-07-23
gpt-5-codex gpt-5.1-codex gpt-5.1-codex-max|i1.25 o10 c0.125 e0.01 l0.0025 m128000 yfast*2 yflex*0.5 ybatch*0.5|n400000 tif>t d2026-07-23
gpt-5-image|i10 o10 c1.25
gpt-5-image-mini|i2.5 o2 c0.25
gpt-5-mini gpt-5-mini-2025-08-07|i0.25 o2 c0.025 e0.01 l0.0025 m128000 yfast*1.8 yflex*0.5 ybatch*0.5|n400000 tif>t d2026-12-11
gpt-5-nano|i0.05 o0.4 c0.005 e0.01 l0.0025 m128000 yflex*0.5 ybatch*0.5|n400000 tif>t d2026-12-11
gpt-5-nano-2025-08-07|i0.05 o0.4 c0.005 e0.01 m128000 yflex*0.5 ybatch*0.5|n272000 tif>t d2026-12-11
gpt-5-pro gpt-5-pro-2025-10-06|i15 o120 e0.01 l0.0025 m272000 ybatch*0.5|n400000 tif>t d2026-12-11
gpt-5-search-api gpt-5-search-api-2025-10-14|i1.25 o10 c0.125 e0.01 m128000|n272000 tif>t
gpt-5.1 gpt-5.1-2025-11-13|i1.25 o10 c0.125 e0.01 l0.0025 m128000 yfast*2 yflex*0.5 ybatch*0.5|n400000 tif>t d2027-04-01
gpt-5.1-codex-mini|i0.25 o2 c0.025 m128000|n400000 tif>t d2026-07-23
gpt-5.2 gpt-5.2-2025-12-11|i1.75 o14 c0.175 e0.01 l0.0025 m128000 yfast*2 yflex*0.5 ybatch*0.5|n400000 tif>t
gpt-5.2-chat-latest|i1.75 o14 c0.175 e0.01 l0.0025 m16384 yfast*2 yflex*0.5 ybatch*0.5|n400000 tif>t d2026-08-10
gpt-5.2-codex|i1.75 o14 c0.175 e0.01 l0.0025 m128000 yfast*2 yflex*0.5 ybatch*0.5|n400000 tif>t d2026-07-23
gpt-5.2-pro gpt-5.2-pro-2025-12-11|i21 o168 e0.01 l0.0025 m128000 ybatch*0.5|n400000 tif>t
gpt-5.3-chat-latest|i1.75 o14 c0.175 m16384|n128000 tif>t d2026-08-10
gpt-5.3-codex|i1.75 o14 c0.175 e0.01 m128000 yfast*2|n400000 tif>t d2027-04-01
gpt-5.4 gpt-5.4-2026-03-05|i2.5 o15 c0.25 e0.01 l0.0025 m128000 t272000 i5 o22.5 c0.5 yfast*2 yflex i1.25 o7.5 c0.13 t272000 i2.5 o11.25 c0.25 ybatch i1.25 o7.5 c0.13 t272000 i2.5 o11.25 c0.25|n1050000 tif>t
gpt-5.4-image-2|i8 o15 c2
gpt-5.4-mini gpt-5.4-mini-2026-03-17|i0.75 o4.5 c0.075 e0.01 l0.0025 m128000 yfast*2 yflex*0.5 ybatch*0.5|n400000 tif>t
gpt-5.4-nano gpt-5.4-nano-2026-03-17|i0.2 o1.25 c0.02 e0.01 l0.0025 m128000 yflex*0.5 ybatch*0.5|n400000 tif>t d2027-04-01
gpt-5.4-pro gpt-5.4-pro-2026-03-05|i30 o180 e0.01 l0.0025 m128000 t272000 i60 o270 yflex*0.5 ybatch*0.5|n1050000 tif>t
gpt-5.5 gpt-5.5-2026-04-23|i5 o30 c0.5 e0.01 l0.0025 m128000 t272000 i10 o45 c1 yfast*2.5 yflex*0.5 ybatch*0.5|n1000000 tif>t
gpt-5.5-cyber|i12.5 o75 c1.25|t>t
gpt-5.5-cyber-preview|i12.5 o75 c1.25|t>t d2027-02-01
gpt-5.5-pro gpt-5.5-pro-2026-04-23|i30 o180 e0.01 l0.0025 m128000 t272000 i60 o270 yflex*0.5 ybatch*0.5|n1000000 tif>t
gpt-5.6 gpt-5.6-sol|i4 o20 c0.4 w5 W10 e0.01 l0.0025 m128000 t272000 i8 o30 c0.8 w10 W20 yfast*2 yflex*0.5 ybatch*0.5|n1050000 tif>t
gpt-5.6-cyber|i12.5 o75 c1.25 w15.625 W31.25 m128000 t272000 i25 o112.5 c2.5 w31.25 W31.25|n272000 tif>t
gpt-5.6-luna|i0.2 o1.2 c0.02 w0.25 W0.5 e0.01 l0.0025 m128000 t272000 i0.4 o1.8 c0.04 w0.5 W1 yfast*2 yflex*0.5 ybatch*0.5|n1050000 tif>t
gpt-5.6-terra|i2 o12 c0.2 w2.5 W5 e0.01 l0.0025 m128000 t272000 i4 o18 c0.4 w5 W10 yfast*2 yflex*0.5 ybatch*0.5|n1050000 tif>t
gpt-6-astra|i10 o50 c1 w12.5 W25 e0.01 l0.0025 m128000 t272000 i20 o75 c2 w25 W50 yfast*2 yultrafast*6 yflex*0.5 ybatch*0.5|n1050000 tif>t
gpt-6-astra-law|i10 o50 c1 e0.01 m128000|n922000 tif>t
gpt-6-cyber|i20 o100 c2 w25 W50 m128000|n922000 tif>t
gpt-6-luna|i0.1 o0.5 c0.01 w0.125 W0.25 e0.01 l0.0025 m128000 t272000 i0.2 o0.75 c0.02 w0.25 W0.5 yfast*2 yflex*0.5 ybatch*0.5|n1050000 tif>t
gpt-6-rosalind|i15 o75 c1.5 w18.75 W37.5 m128000 t272000 i30 o112.5 c3 w37.5 W75|n922000 tif>t
gpt-6-sol|i2 o10 c0.2 w2.5 W5 e0.01 l0.0025 m128000 t272000 i4 o15 c0.4 w5 W10 yfast*2 yflex*0.5 ybatch*0.5|n1050000 tif>t
gpt-6.1-sol|i2 o10 c0.1 w2.5 W5 e0.01 l0.0025 m128000 t272000 i4 o15 c0.2 w5 W10 yfast*2 yultrafast*6 yflex*0.5 ybatch*0.5|n1050000 tif>t
gpt-6.1-terra|i1 o5 c0.05 w1.25 W2.5 e0.01 l0.0025 m128000 t272000 i2 o7.5 c0.1 w2.5 W5 yfast*2 yflex*0.5 ybatch*0.5|n1050000 tif>t
gpt-6.2-astra|i8 o40 c0.4 w10 m128000 t272000 i16 o60 c0.8 w20 yfast*2 ybatch*0.5|n1050000 ti>t
gpt-6.2-sol|i2 o10 c0.1 w2.5 W5 m128000 t272000 i4 o15 c0.2 w5 W10 yfast*2 yultrafast*3 ybatch*0.5 @2027-03-01 i2 o10 c0.1 w2.5 W5 m128000 t272000 i4 o15 c0.2 w5 W10 yfast*2 yultrafast*6 ybatch*0.5|n1050000 ti>t
gpt-audio gpt-audio-2025-08-28|i2.5 o10 a32 A64 m16384|n128000 ta>ta d2027-01-20
gpt-audio-1.5|i2.5 o10 a32 A64 m16384|n128000 ta>ta
gpt-audio-mini gpt-audio-mini-2025-12-15|i0.6 o2.4 a10 A20 m16384|n128000 ta>ta d2027-01-20
gpt-audio-mini-2025-10-06|i0.6 o2.4 a10 A20 m16384|n128000 ta>ta d2026-07-23
gpt-chat-latest|i5 o30 c0.5
gpt-image-1|i5 o40 c1.25 g10 G40 x1024x1536/high=0.25 x1536x1024/high=0.25 x1024x1024/high=0.167 x1024x1536/medium=0.063 x1536x1024/medium=0.063 x1024x1024/medium=0.042 x1024x1536/low=0.016 x1536x1024/low=0.016 x1024x1024/low=0.011 ybatch i2.5 c0.63 g5|t>i d2026-10-23
gpt-image-1-mini|i2 o8 c0.2 g2.5 G8 x1024x1536/high=0.052 x1536x1024/high=0.052 x1024x1024/high=0.036 x1024x1536/medium=0.015 x1536x1024/medium=0.015 x1024x1024/medium=0.011 x1024x1536/low=0.006 x1536x1024/low=0.006 x1024x1024/low=0.005 ybatch i1 c0.1 g1.25 G4|t>i d2026-12-01
gpt-image-1.5 gpt-image-1.5-2025-12-16|i5 o10 c1.25 g8 G32 x1024x1536/high=0.2 x1536x1024/high=0.2 x1024x1024/high=0.133 x1024x1536/medium=0.05 x1536x1024/medium=0.05 x1024x1024/medium=0.034 x1024x1536/low=0.013 x1536x1024/low=0.013 x1024x1024/low=0.009 ybatch i2.5 o5 c0.63 g4 G16|tif>i d2026-12-01
gpt-image-2 gpt-image-2.5-flare gpt-image-2.5-sunburst|i5 o30 c1.25 g8 G30 ybatch i2.5 c0.625 g4 G15|tif>i
gpt-image-2-2026-04-21 gpt-image-2.5-flare-2026-09-08 gpt-image-2.5-sunburst-2026-09-08|i5 o30 c1.25 g8 G30 ybatch*0.5|tif>i
gpt-image-2.6-flare gpt-image-2.6-sunburst|i5 c1.25 g8 G30|tif>i
gpt-live-transcribe gpt-realtime-whisper|s283.333333|a>t
gpt-oss-120b|i0.039 o0.18|n131072
gpt-oss-20b|i0.029 o0.14|n131072
gpt-oss-safeguard-20b|i0.075 o0.3 c0.037|n131072
gpt-realtime gpt-realtime-1.5 gpt-realtime-2025-08-28|i4 o16 c0.4 a32 g5 A64|n32000
gpt-realtime-2 gpt-realtime-2.1|i4 o24 c0.4 a32 g5 A64|n128000
gpt-realtime-2.1-mini gpt-realtime-mini gpt-realtime-mini-2025-10-06 gpt-realtime-mini-2025-12-15|i0.6 o2.4 c0.06 a10 g0.8 A20
gpt-rosalind-discovery gpt-rosalind-research|i5 o25 c0.5|t>t
gpt-transcribe|s75|a>t
moderation|
o1 o1-2024-12-17|i15 o60 c7.5 m100000 ybatch*0.5|n200000 tif>t d2026-10-23
o1-mini o1-mini-2024-09-12|i1.1 o4.4 c0.55|n128000
o1-preview o1-preview-2024-09-12|i15 o60 c7.5|n128000
o1-pro o1-pro-2025-03-19|i150 o600 m100000 ybatch*0.5|n200000 tif>t d2026-10-23
o3 o3-2025-04-16|i2 o8 c0.5 e0.01 l0.0025 m100000 yfast*1.75 yflex*0.5 ybatch*0.5|n200000 tif>t d2026-12-11
o3-deep-research o3-deep-research-2025-06-26|i10 o40 c2.5 e0.01 l0.0025 m100000|n200000 tif>t d2026-07-23
o3-mini o3-mini-2025-01-31|i1.1 o4.4 c0.55 m100000 ybatch*0.5|n200000 t>t d2026-10-23
o3-mini-high|i1.1 o4.4 c0.55 ybatch i0.55 o2.2 c0.55|n200000
o3-pro o3-pro-2025-06-10|i20 o80 e0.01 m100000 ybatch*0.5|n200000 tif>t d2026-12-11
o4-mini o4-mini-2025-04-16|i1.1 o4.4 c0.275 e0.01 l0.0025 m100000 yfast i2 o8 c0.5 yflex i0.55 o2.2 c0.138 ybatch*0.5|n200000 tif>t d2026-10-23
o4-mini-deep-research o4-mini-deep-research-2025-06-26|i2 o8 c0.5 e0.01 l0.0025 m100000|n200000 tif>t d2026-07-23
o4-mini-high|i1.1 o4.4 c0.275 e0.01 l0.0025 yfast i2 o8 c0.5 yflex i0.55 o2.2 c0.138 ybatch i0.55 o2.2 c0.275|n200000
omni-moderation-2024-09-26 omni-moderation-latest||n32768 t>t
text-embedding-3-large|i0.13 ybatch*0.5|n8192 t>e
text-embedding-3-small|i0.02 ybatch*0.5|n8192 t>e
text-embedding-ada|i0.1|n8192
text-embedding-ada-002|i0.1|n8192 t>e
text-embedding-ada-002-v2|i0.1 ybatch*0.5|n8192 t>e
tts-1|k15|t>a d2027-01-06
tts-1-1106|k15|t>a
tts-1-hd|k30|t>a d2027-01-06
tts-1-hd-1106|k30|t>a
whisper-1|s100|a>t d2027-02-26
@deepinfra
ByteDance/Seed-1.8|i0.25 o2 c0.05 m256000|n256000 ti>t
ByteDance/Seed-2.0-code ByteDance/Seed-2.0-pro|i0.5 o3 c0.1 m256000|n256000 ti>t
ByteDance/Seed-2.0-mini|i0.1 o0.4 c0.02 m256000|n256000 ti>t
Gryphe/MythoMax-L2-13b|i0.4 o0.4 m4096|n4096 t>t
MiniMaxAI/MiniMax-M2.7|i0.25 o1 c0.05 m196608|n196608 t>t
MiniMaxAI/MiniMax-M2.7-Turbo|i0.38 o1.7 c0.07 m196608|n196608 t>t
MiniMaxAI/MiniMax-M3|i0.28 o1.1 c0.056 m524288|n524288 ti>t
NousResearch/Hermes-3-Llama-3.1-405B|i1 o1 m131072|n131072 t>t
NousResearch/Hermes-3-Llama-3.1-70B|i0.7 o0.7 m131072|n131072 t>t
Qwen/QwQ-32B|i0.15 o0.4 m131072|n131072 t>t
Qwen/Qwen2.5-72B-Instruct|i0.36 o0.4 m32768|n32768 t>t
Qwen/Qwen2.5-7B-Instruct|i0.04 o0.1 m32768|n32768 t>t
Qwen/Qwen2.5-VL-32B-Instruct|i0.2 o0.6 m128000|n128000 ti>t
Qwen/Qwen3-14B|i0.12 o0.24 m40960|n40960 t>t
Qwen/Qwen3-235B-A22B|i0.18 o0.54 m40960|n40960 t>t
Qwen/Qwen3-235B-A22B-Instruct-2507|i0.09 o0.55 m262144|n262144 t>t
Qwen/Qwen3-235B-A22B-Thinking-2507|i0.3 o2.9 m262144|n262144 t>t
Qwen/Qwen3-30B-A3B|i0.12 o0.5 m40960|n40960 t>t
Qwen/Qwen3-32B|i0.08 o0.28 m40960|n40960 t>t
Qwen/Qwen3-Coder-480B-A35B-Instruct|i0.4 o1.6 m262144|n262144 t>t
Qwen/Qwen3-Coder-480B-A35B-Instruct-Turbo|i0.3 o1 c0.1 m262144|n262144 t>t
Qwen/Qwen3-Max Qwen/Qwen3-Max-Thinking|i1.2 o6 c0.24 m256000|n256000 t>t
Qwen/Qwen3-Next-80B-A3B-Instruct|i0.09 o1.1 m262144|n262144 t>t
Qwen/Qwen3-Next-80B-A3B-Thinking|i0.14 o1.4 m262144|n262144 t>t
Qwen/Qwen3-VL-235B-A22B-Instruct|i0.2 o0.88 c0.11 m262144|n262144 ti>t
Qwen/Qwen3-VL-30B-A3B-Instruct|i0.15 o0.6 m262144|n262144 ti>t
Qwen/Qwen3.5-122B-A10B|i0.29 o2.4 m262144|n262144 ti>t
Qwen/Qwen3.5-27B|i0.26 o2.6 m262144|n262144 ti>t
Qwen/Qwen3.5-35B-A3B|i0.14 o1 c0.05 m262144|n262144 ti>t
Qwen/Qwen3.5-397B-A17B|i0.45 o3 c0.22 m262144|n262144 ti>t
Qwen/Qwen3.5-9B|i0.1 o0.15 m262144|n262144 ti>t
Qwen/Qwen3.6-27B|i0.32 o3.2 m262144|n262144 ti>t
Qwen/Qwen3.6-35B-A3B|i0.1 o0.95 m262144|n262144 ti>t
Qwen/Qwen3.7-Max|i2.5 o7.5 c0.5 m256000|n256000 t>t
Qwen/Qwen3.8-2.4T-A95B|i2 o6 c0.2 m262144|n262144 t>t
Qwen/Qwen3.8-27B|i0.4 o3 c0.04 m262144|n262144 ti>t
Qwen/Qwen3.8-Max|i1.65 o4.951 c0.206 m256000|n256000 t>t
Sao10K/L3-8B-Lunaris-v1-Turbo|i0.04 o0.05 m8192|n8192 t>t
Sao10K/L3.1-70B-Euryale-v2.2|i0.85 o0.85 m131072|n131072 t>t
Sao10K/L3.3-70B-Euryale-v2.3|i0.65 o0.75 m131072|n131072 t>t
XiaomiMiMo/MiMo-V2.5|i0.4 o2 c0.08 m262144|n262144 ti>t
XiaomiMiMo/MiMo-V2.5-Pro|i1 o3 c0.2 m1048576|n1048576 t>t
allenai/olmOCR-7B-0725-FP8|i0.27 o1.5 m16384|n16384 t>t
anthropic/claude-3-7-sonnet-latest|i3.3 o16.5 c0.33 m200000|n200000 t>t
anthropic/claude-4-opus|i16.5 o82.5 m200000|n200000 t>t
anthropic/claude-4-sonnet|i3.3 o16.5 m200000|n200000 t>t
anthropic/claude-fable-5|i10 o50 m1000000|n1000000 ti>t
anthropic/claude-haiku-4-5|i1 o5 m200000|n200000 ti>t
anthropic/claude-opus-4-7 anthropic/claude-opus-4-8 anthropic/claude-opus-5|i5 o25 m1000000|n1000000 ti>t
anthropic/claude-sonnet-4-6|i3 o15 m1000000|n1000000 ti>t
anthropic/claude-sonnet-5|i2 o10 m1000000|n1000000 ti>t
bigcode/starcoder2-15b|i0.4 o0.4 m16384
deepseek-ai/DeepSeek-R1|i0.7 o2.4 m163840|n163840 t>t
deepseek-ai/DeepSeek-R1-0528|i0.5 o2.15 c0.35 m163840|n163840 t>t
deepseek-ai/DeepSeek-R1-0528-Turbo|i1 o3 m32768|n32768 t>t
deepseek-ai/DeepSeek-R1-Distill-Llama-70B|i0.2 o0.6 m131072|n131072 t>t
deepseek-ai/DeepSeek-R1-Distill-Qwen-32B|i0.27 o0.27 m131072|n131072 t>t
deepseek-ai/DeepSeek-R1-Turbo|i1 o3 m40960|n40960 t>t
deepseek-ai/DeepSeek-V3|i0.32 o0.89 m163840|n163840 t>t
deepseek-ai/DeepSeek-V3-0324|i0.24 o0.9 c0.135 m163840|n163840 t>t
deepseek-ai/DeepSeek-V3.1|i0.25 o0.95 c0.13 m163840|n163840 t>t
deepseek-ai/DeepSeek-V3.1-Terminus|i0.27 o1 c0.216 m163840|n163840 t>t
deepseek-ai/DeepSeek-V3.2|i0.26 o0.38 c0.13 m163840|n163840 t>t
deepseek-ai/DeepSeek-V4-Flash|i0.09 o0.18 c0.018 m1048576|n1048576 t>t
deepseek-ai/DeepSeek-V4-Flash-0731|i0.06 o0.18 c0.015 m1048576|n1048576 t>t
deepseek-ai/DeepSeek-V4-Pro deepseek-ai/DeepSeek-V4-Pro-0813|i1.3 o2.6 c0.1 m1048576|n1048576 t>t
deepseek-ai/DeepSeek-V4.1-Flash deepseek-ai/DeepSeek-V4.1-Flash-1017|i0.14 o0.42 c0.0042 m131072|n1048576 ti>t
google/gemini-2.5-flash|i0.3 o2.5 m1000000|n1000000 tia>t
google/gemini-2.5-pro|i1.25 o10 m1000000|n1000000 tia>t
google/gemini-3.1-flash-lite|i0.25 o1.5 m1000000|n1000000 tia>t
google/gemini-3.1-pro|i2 o12 m1000000|n1000000 tia>t
google/gemini-3.5-flash|i1.5 o9 m1000000|n1000000 tia>t
google/gemini-3.7-flash|i0.75 o3.75 m1000000|n1000000 tia>t
google/gemma-3-12b-it|i0.05 o0.15 m131072|n131072 t>t
google/gemma-3-27b-it|i0.08 o0.16 m131072|n131072 t>t
google/gemma-3-4b-it|i0.05 o0.1 m131072|n131072 t>t
google/gemma-4-26B-A4B-it|i0.07 o0.34 m262144|n262144 ti>t
google/gemma-4-31B-it|i0.2 o0.4 m262144|n262144 ti>t
google/gemma-4-31B-it-Ultra|i0.27 o0.76 m131072|n131072 ti>t
google/gemma-4-31B-it-turbo|i0.09 o0.34 c0.05 m262144|n262144 ti>t
google/gemma-4-E4B-it|i0.02 o0.1 m131072|n131072 t>t
inclusionAI/Ling-3.0-flash|i0.06 o0.18 c0.012 m131072|n131072 t>t
meta-llama/Llama-3.2-11B-Vision-Instruct|i0.049 o0.049 m131072|n131072 t>t
meta-llama/Llama-3.2-3B-Instruct|i0.02 o0.02 m131072|n131072 t>t
meta-llama/Llama-3.3-70B-Instruct|i0.23 o0.4 m131072|n131072 t>t
meta-llama/Llama-3.3-70B-Instruct-Turbo|i0.1 o0.32 m131072|n131072 t>t
meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8|i0.2 o0.8 m1048576|n1048576 t>t
meta-llama/Llama-4-Scout-17B-16E-Instruct|i0.1 o0.3 m327680|n327680 t>t
meta-llama/Llama-Guard-3-8B|i0.055 o0.055 m131072|n131072 t>t
meta-llama/Llama-Guard-4-12B|i0.18 o0.18 m163840|n163840 t>t
meta-llama/Meta-Llama-3-8B-Instruct|i0.03 o0.06 m8192|n8192 t>t
meta-llama/Meta-Llama-3.1-70B-Instruct meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo|i0.4 o0.4 m131072|n131072 t>t
meta-llama/Meta-Llama-3.1-8B-Instruct|i0.03 o0.05 m131072|n131072 t>t
meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo|i0.02 o0.04 m131072|n131072 t>t
meta-models/Muse-Glimmer-30B|i0.3 o1.2 c0.04 m131072|n131072 ti>t
microsoft/WizardLM-2-8x22B|i0.48 o0.48 m65536|n65536 t>t
microsoft/phi-4|i0.07 o0.14 m16384|n16384 t>t
mistralai/Mistral-Nemo-Instruct-2407|i0.019 o0.03 m131072|n131072 t>t
mistralai/Mistral-Small-24B-Instruct-2501|i0.05 o0.08 m32768|n32768 t>t
mistralai/Mistral-Small-3.2-24B-Instruct-2506|i0.075 o0.2 m128000|n128000 t>t
mistralai/Mixtral-8x7B-Instruct-v0.1|i0.4 o0.4 m32768|n32768 t>t
mistralai/Voxtral-Mini-3B-2507|s16.666667
mistralai/Voxtral-Small-24B-2507|s50
moonshotai/Kimi-K2-Instruct|i0.5 o2 m131072|n131072 t>t
moonshotai/Kimi-K2-Instruct-0905|i0.5 o2 c0.4 m262144|n262144 t>t
moonshotai/Kimi-K2.5|i0.45 o2.25 c0.07 m262144|n262144 ti>t
moonshotai/Kimi-K2.6|i0.75 o3.5 c0.15 m262144|n262144 ti>t
moonshotai/Kimi-K2.7-Code|i0.68 o3.4 c0.136 m262144|n262144 ti>t
moonshotai/Kimi-K3|i2.85 o14.25 c0.285 m1048576|n1048576 ti>t
nvidia/Llama-3.1-Nemotron-70B-Instruct|i0.6 o0.6 m131072|n131072 t>t
nvidia/Llama-3.3-Nemotron-Super-49B-v1.5|i0.1 o0.4 m131072|n131072 t>t
nvidia/NVIDIA-Nemotron-3-Super-120B-A12B|i0.085 o0.4 m262144|n262144 t>t
nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B|i0.5 o2.2 c0.1 m262144|n262144 ti>t
nvidia/NVIDIA-Nemotron-3.5-Lightning|i0.08 o0.2 c0.04|n262144 t>t
nvidia/NVIDIA-Nemotron-Nano-9B-v2|i0.04 o0.16 m131072|n131072 t>t
nvidia/Nemotron-3-Nano-30B-A3B|i0.05 o0.2 c0.025 m262144|n262144 t>t
nvidia/Nemotron-Content-Safety-3.5|i0.2 o0.2 m131072|n131072 ti>t
openai/gpt-oss-120b|i0.037 o0.17 m131072|n131072 t>t
openai/gpt-oss-120b-Turbo|i0.15 o0.6 m131072|n131072 t>t
openai/gpt-oss-120b-Ultra|i0.2 o0.95 m131072|n131072 t>t
openai/gpt-oss-20b|i0.03 o0.14 m131072|n131072 t>t
openai/whisper-large-v3-turbo|s3.333333
openchat/openchat_3.5|i0.055 o0.055 m8192
stepfun-ai/Step-3.7-Flash|i0.2 o1.15 c0.04 m262144|n262144 ti>t
tencent/Hy3|i0.14 o0.58 c0.035 m262144|n262144 t>t
thinkingmachines/Inkling|i0.95 o4.05 c0.16 m524288|n524288 ti>t
thinkingmachines/Inkling-Small|i0.45 o1.2 c0.1 m524288|n524288 ti>t
zai-org/GLM-4.5|i0.4 o1.6 m131072|n131072 t>t
zai-org/GLM-4.6|i0.5 o2 c0.1 m202752|n202752 t>t
zai-org/GLM-4.7|i0.4 o1.75 c0.08 m202752|n202752 t>t
zai-org/GLM-4.7-Flash|i0.06 o0.4 c0.01 m202752|n202752 t>t
zai-org/GLM-5|i0.6 o2.08 c0.12 m202752|n202752 t>t
zai-org/GLM-5.1|i1.05 o3.5 c0.205 m202752|n202752 t>t
zai-org/GLM-5.2|i0.75 o2.4 c0.14 m1048576|n1048576 t>t
@groq
canopylabs/orpheus-arabic-saudi|k40 m50000|n4000 t>a
canopylabs/orpheus-v1-english|k22 m50000|n4000 t>a
deepseek-r1-distill-llama-70b|i0.75 o0.99|n131072
gemma-7b-it|i0.07 o0.07
gemma2-9b gemma2-9b-it llama-guard-3-8b|i0.2 o0.2
llama-3.1-405b-reasoning llama-3.1-70b-versatile llama-3.3-70b-versatile llama3-70b-8192|i0.59 o0.79
llama-3.1-8b-instant llama3-8b-8192|i0.05 o0.08
llama-3.2-11b-text-preview llama-3.2-11b-vision-preview|i0.18 o0.18
llama-3.2-1b-preview|i0.04 o0.04
llama-3.2-3b-preview|i0.06 o0.06
llama-3.2-90b-text-preview llama-3.2-90b-vision-preview|i0.9 o0.9
llama-3.3-70b-specdec|i0.59 o0.99
llama2-70b-4096|i0.7 o0.8
llama3-groq-70b-8192-tool-use-preview|i0.89 o0.89
llama3-groq-8b-8192-tool-use-preview|i0.19 o0.19
meta-llama/llama-4-maverick-17b-128e-instruct|i0.2 o0.6|n131072
meta-llama/llama-4-scout-17b-16e-instruct|i0.11 o0.34
meta-llama/llama-guard-4-12b|i0.2 o0.2|n131072
meta-llama/llama-prompt-guard-2-22m|i0.03 o0.03 m512|n512 t>t
meta-llama/llama-prompt-guard-2-86m|i0.04 o0.04 m512|n512 t>t
mistral-saba-24b|i0.79 o0.79
mixtral-8x7b-32768|i0.24 o0.24
moonshotai/kimi-k2-instruct moonshotai/kimi-k2-instruct-0905|i1 o3 c0.5|n131072
openai/gpt-oss-120b|i0.15 o0.6 c0.075 e0.005 m65536 ybatch i0.075 o0.3 c0.075|n131072 t>t
openai/gpt-oss-20b|i0.075 o0.3 c0.0375 e0.005 m65536 ybatch i0.0375 o0.15 c0.0375|n131072 t>t
openai/gpt-oss-safeguard-20b|i0.075 o0.3 c0.037 e0.005 m65536|n131072 t>t
qwen/qwen3-32b|i0.29 o0.59|n131072
qwen/qwen3.8-27b|i0.8 o4 m16384|n131072 ti>t
whisper-large-v3|s30.833333|a>t
whisper-large-v3-turbo|s11.111111|a>t
@mistral
codestral-2501|i0.3 o0.9 ybatch*0.5|n256000
codestral-2508 codestral-latest|i0.3 o0.9 c0.03 m128000 ybatch*0.5|n256000 t>t
codestral-embed codestral-embed-2505|i0.15 c0.015|n8000 t>e
codestral-mamba-latest|i0.25 o0.25 c0.025 m256000|n256000 t>t
deepseek-v4-1-flash-1017|i0.3 o1.2 c0.007 m131072|n1048576 ti>t
devstral-2512|i0.4 o2 c0.04|n262144
devstral-latest devstral-medium-latest mistral-code-agent-latest|i0.4 o2 c0.04 m256000|n256000 t>t
devstral-small devstral-small-2505 devstral-small-2507 labs-devstral-small-2512 mistral-small-2506 mistral-small-3.2-24b-instruct|i0.1 o0.3
devstral-small-latest|i0.1 o0.3 c0.01 m256000|n256000 t>t
devstral-small:free mistral-nemo:free mistral-small-24b-instruct-2501:free|
glm-5-2 zai-glm-5 zai-glm-5-3 zai-glm-latest|i1.4 o4.4 c0.14 m131072|n1048576 t>t
magistral-medium|i2 o5
magistral-medium-latest mistral-medium mistral-vibe-cli-latest mistral-vibe-cli-with-tools|i1.5 o7.5 c0.15 m262144|n262144 ti>t
magistral-small-latest mistral-vibe-cli-fast|i0.15 o0.6 c0.015 m262144|n262144 ti>t
ministral-14b-2512|i0.2 o0.2 c0.02 m262144 ybatch*0.5|n262144 ti>t
ministral-14b-latest ministral-3-14b-2512|i0.2 o0.2 c0.02 m262144|n262144 ti>t
ministral-3-3b-2512 ministral-3b-latest|i0.1 o0.1 c0.01 m131072|n131072 ti>t
ministral-3-8b-2512|i0.15 o0.15 c0.015 m262144|n262144 ti>t
ministral-3b|i0.04 o0.04
ministral-3b-2512|i0.1 o0.1 c0.01 m131072 ybatch*0.5|n131072 ti>t
ministral-8b ministral-8b-2410|i0.1 o0.1
ministral-8b-2512 ministral-8b-latest|i0.15 o0.15 c0.015 m262144 ybatch*0.5|n262144 ti>t
mistral-7b open-mistral-7b|i0.25 o0.25
mistral-code-fim-latest mistral-code-latest|i0.3 o0.9 c0.03 m128000|n128000 t>t
mistral-embed mistral-embed-2312|i0.1 o0.1 ybatch*0.5|n8192 t>e
mistral-large mistral-large-2407 mistral-large-2411 mixtral-8x22b-instruct open-mixtral-8x22b pixtral-large-2411|i2 o6
mistral-large-2512|i0.5 o1.5 c0.05 m262144 ybatch*0.5|n262144 ti>t d2027-04-30
mistral-large-3 mistral-large-latest|i0.5 o1.5 c0.05 m262144|n262144 ti>t
mistral-large-4 mistral-large-4-0|i0.7 o2.1 c0.07 m1048576 ybatch i0.34 o1.045 c0.035|n1048576 ti>t
mistral-medium-2312|i2.7 o8.1
mistral-medium-2505 mistral-medium-2508|i0.4 o2 c0.04
mistral-medium-2604 mistral-medium-3 mistral-medium-3.5 mistral-medium-latest|i1.5 o7.5 c0.15 m262144 ybatch*0.5|n262144 ti>t
mistral-medium-3-5|i1.5 o7.5 c0.15 m262144 ybatch*0.5|n262144 ti>t d2027-04-30
mistral-moderation-2603||n131072 t>t
mistral-nemo pixtral-12b pixtral-12b-latest|i0.15 o0.15
mistral-saba mistral-saba-latest|i0.2 o0.6
mistral-small|i0.1 o0.3 c0.01 m8191|n32000 t>t
mistral-small-24b-instruct-2501|i0.05 o0.08
mistral-small-2603 mistral-small-latest|i0.15 o0.6 c0.015 m262144 ybatch*0.5|n262144 ti>t
mistral-small-3.1-24b-instruct|i0.351 o0.555
mistral-tiny|i0.25 o0.25 c0.025 m8191|n32000 t>t
mixtral-8x7b open-mixtral-8x7b|i0.7 o0.7
open-mistral-nemo|i0.3 o0.3 c0.03 m128000|n128000 t>t
pixtral-large-latest|i2 o6 c0.2 m128000|n128000 ti>t
voxtral-mini-2602|s50|n16384 a>t d2027-04-30
voxtral-mini-latest|s50|n16384 a>t
voxtral-mini-realtime-2602 voxtral-mini-realtime-latest voxtral-mini-transcribe-realtime-latest|s100|a>t
voxtral-mini-transcribe-3 voxtral-mini-transcribe-3-0|s58.3333|a>t
voxtral-mini-transcribe-realtime-2602|s100|a>t d2027-04-30
voxtral-mini-transcribe-realtime-3 voxtral-mini-transcribe-realtime-3-0|s133.333|a>t
voxtral-mini-tts-2603|k16|t>a d2027-04-30
voxtral-mini-tts-3 voxtral-mini-tts-3-0|k13|t>a
voxtral-mini-tts-latest|k16|t>a
voxtral-small-24b-2507|i0.1 o0.4 c0.01 S66.666667 ybatch*0.5|n32768
voxtral-small-2507 voxtral-small-latest|i0.1 o0.4 c0.01 S66.666667 m32768 ybatch*0.5|n32768 ta>t
voxtral-small-transcribe-3 voxtral-small-transcribe-3-0|s66.6667|a>t
zai-glm-5-2|i1.4 o4.4 c0.14 m131072|n1048576 t>t d2026-10-31
zai-glm-5-3-flash|i0.15 o0.5 c0.03 m131072|n1048576 ti>t
@xai
grok-2 grok-2-1212 grok-2-latest grok-2-vision grok-2-vision-1212 grok-2-vision-latest|i2 o10|n32768
grok-3 grok-3-beta grok-3-latest|i3 o15 c0.75|n131072
grok-3-fast grok-3-fast-beta grok-3-fast-latest|i5 o25 c1.25|n131072
grok-3-mini grok-3-mini-beta grok-3-mini-latest|i0.3 o0.5 c0.075|n131072
grok-3-mini-fast grok-3-mini-fast-beta grok-3-mini-fast-latest|i0.6 o4 c0.15|n131072
grok-4 grok-4-0709 grok-4-latest|i3 o15 c0.75|n256000
grok-4-1-fast grok-4-1-fast-non-reasoning grok-4-1-fast-non-reasoning-latest grok-4-1-fast-reasoning grok-4-1-fast-reasoning-latest grok-4-fast grok-4-fast-non-reasoning grok-4-fast-non-reasoning-latest grok-4-fast-reasoning grok-4-fast-reasoning-latest|i0.2 o0.5 c0.05|n2000000
grok-4.20 grok-4.20-0309 grok-4.20-0309-non-reasoning grok-4.20-0309-reasoning grok-4.20-multi-agent grok-4.20-multi-agent-0309 grok-4.20-multi-agent-latest grok-4.20-non-reasoning grok-4.20-non-reasoning-latest grok-4.20-reasoning grok-4.20-reasoning-latest grok-4.3 grok-4.3-latest|i1.25 o2.5 c0.2 g1.25 m1000000 t200000 i2.5 o5 c0.4 g1.25 ybatch*0.8|n1000000 ti>t
grok-4.20-beta grok-4.20-beta-0309 grok-4.20-beta-0309-non-reasoning grok-4.20-beta-0309-reasoning grok-4.20-beta-latest grok-4.20-beta-latest-non-reasoning grok-4.20-beta-latest-reasoning grok-4.20-beta-non-reasoning grok-4.20-beta-reasoning grok-4.20-experimental-beta-0304 grok-4.20-experimental-beta-0304-non-reasoning grok-4.20-experimental-beta-0304-reasoning grok-4.20-experimental-beta-latest grok-4.20-experimental-beta-non-reasoning-latest grok-4.20-experimental-beta-reasoning-latest grok-4.20-multi-agent-experimental-beta-0304 grok-4.20-multi-agent-experimental-beta-latest grok-4.20-non-reasoning-gv2 grok-4.20-reasoning-gv2|i1.25 o2.5 c0.2 g1.25 m1000000 t200000 i2.5 o5 c0.4 g1.25|n1000000 ti>t
grok-4.20-multi-agent-beta-0309 grok-4.20-multi-agent-beta-latest|i1.25 o2.5 c0.2 g1.25 m1000000 t200000 i2.5 o5 c0.4 g1.25 ybatch i1 o2 c0.16 t199999 i2 o4 c0.32|n1000000 ti>t
grok-4.5 grok-4.5-latest grok-build-latest|i2 o6 c0.3 g2 m500000 t200000 i4 o12 c0.6 g2|n500000 ti>t
grok-4.6|i2 o6 c0.5 g2 m500000 t200000 i4 o12 c1 g2|n500000 ti>t
grok-4.6-latest grok-4.7-latest x-ai/grok-4.6 x-ai/grok-4.7|i2 o6 c0.5 t199999 i4 o12 c1|n500000
grok-4.7|i2 o6 c0.5 g2 m500000 t200000 i4 o12 c1 g2 ybatch*0.8|n500000 ti>t
grok-build-0.1 grok-code-fast grok-code-fast-1-0825|i1 o2 c0.2 g1 m256000 t200000 i2 o4 c0.4 g1|n256000 ti>t
grok-code-fast-1|i1 o2 c0.2 g1 m256000 t200000 i2 o4 c0.4 g1|n256000 ti>t d2026-05-15
grok-imagine-image grok-imagine-image-2026-03-02|p0.02|t>i
grok-imagine-image-pro|p0.05|t>i d2026-05-15
grok-imagine-image-quality grok-imagine-image-quality-20260403 grok-imagine-image-quality-latest|p0.05|t>i d2026-11-02
grok-latest x-ai/grok-4.5|i2 o6 c0.3 t199999 i4 o12 c0.6|n500000
grok-voice-transcribe-1.0|s27.78|a>t d2026-10-02
grok-voice-transcribe-2.0|s27.78|a>t
x-ai/grok-4.3|i1.25 o2.5 c0.2 t199999 i2.5 o5 c0.4 ybatch*0.8|n1000000
@together
Austism/chronos-hermes-13b Gryphe/MythoMax-L2-13b Nexusflow/NexusRaven-V2-13B Qwen/Qwen1.5-14B Qwen/Qwen1.5-14B-Chat Undi95/ReMM-SLERP-L2-13B WizardLM/WizardLM-13B-V1.2 lmsys/vicuna-13b-v1.5 upstage/SOLAR-10.7B-Instruct-v1.0|i0.3 o0.3
BAAI/bge-base-en-v1.5|i0.008|n512 t>e
MiniMaxAI/MiniMax-M2.7|i0.3 o1.2 c0.06|n196608 t>t
MiniMaxAI/MiniMax-M3|i0.3 o1.2 c0.06 m524288|n524288 ti>t d2026-11-06
MiniMaxAI/MiniMax-M3.1-Flash|i0.15 o0.6 c0.015 m1048576|n1048576 t>t
NousResearch/Nous-Capybara-7B-V1p9 NousResearch/Nous-Hermes-llama-2-7b Open-Orca/Mistral-7B-OpenOrca Qwen/Qwen1.5-7B Qwen/Qwen1.5-7B-Chat Undi95/Toppy-M-7B allenai/OLMo-7B allenai/OLMo-7B-Instruct allenai/OLMo-7B-Twin-2T codellama/CodeLlama-7b-Instruct-hf google/gemma-7b google/gemma-7b-it lmsys/vicuna-7b-v1.5 meta-llama/Llama-2-7b-chat-hf meta-llama/Llama-3-8b-chat-hf mistralai/Mistral-7B-Instruct-v0.1 mistralai/Mistral-7B-Instruct-v0.2 mistralai/Mistral-7B-v0.1 openchat/openchat-3.5-1210 snorkelai/Snorkel-Mistral-PairRM-DPO teknium/OpenHermes-2-Mistral-7B teknium/OpenHermes-2p5-Mistral-7B togethercomputer/GPT-JT-Moderation-6B togethercomputer/Llama-2-7B-32K-Instruct togethercomputer/RedPajama-INCITE-7B-Base togethercomputer/RedPajama-INCITE-7B-Chat togethercomputer/RedPajama-INCITE-7B-Instruct togethercomputer/StripedHyena-Hessian-7B togethercomputer/StripedHyena-Nous-7B togethercomputer/alpaca-7b zero-one-ai/Yi-6B|i0.2 o0.2
NousResearch/Nous-Hermes-2-Mixtral-8x7B-DPO|i0.6 o0.6
NousResearch/Nous-Hermes-2-Mixtral-8x7B-SFT Qwen/Qwen1.5-72B codellama/CodeLlama-70b-Instruct-hf garage-bAInd/Platypus2-70B-instruct meta-llama/Llama-2-70b-chat-hf meta-llama/Llama-3-70b-chat-hf mistralai/Mixtral-8x7B-v0.1|i0.9 o0.9
NousResearch/Nous-Hermes-2-Yi-34B deepseek-ai/deepseek-coder-33b-instruct zero-one-ai/Yi-34B|i0.8 o0.8
NousResearch/Nous-Hermes-Llama2-13b codellama/CodeLlama-13b-Instruct-hf meta-llama/Llama-2-13b-chat-hf|i0.225 o0.225
Qwen/Qwen1.5-0.5B Qwen/Qwen1.5-0.5B-Chat Qwen/Qwen1.5-1.8B Qwen/Qwen1.5-1.8B-Chat Qwen/Qwen1.5-4B Qwen/Qwen1.5-4B-Chat google/gemma-2b google/gemma-2b-it meta-llama/Meta-Llama-3-8B-Instruct-Lite microsoft/phi-2 togethercomputer/RedPajama-INCITE-Base-3B-v1 togethercomputer/RedPajama-INCITE-Chat-3B-v1 togethercomputer/RedPajama-INCITE-Instruct-3B-v1|i0.1 o0.1
Qwen/Qwen2-1.5B-Instruct|i0.02 o0.02 m32768|n32768 t>t
Qwen/Qwen2.5-14B-Instruct|i0.8 o0.8 m32768|n32768 t>t
Qwen/Qwen2.5-72B-Instruct|i1.2 o1.2 m32768|n32768 t>t
Qwen/Qwen2.5-72B-Instruct-Turbo|i1.2 o1.2 m131072|n131072 t>t d2026-02-06
Qwen/Qwen2.5-7B-Instruct-Turbo|i0.3 o0.3|n32768 t>t
Qwen/Qwen2.5-VL-72B-Instruct|i1.95 o8 m32768|n32768 t>t d2026-01-05
Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8|i2 o2 m262144|n262144 t>t d2026-06-04
Qwen/Qwen3-Coder-Next-FP8|i0.5 o1.2 m262144|n262144 t>t d2026-05-14
Qwen/Qwen3-Next-80B-A3B-Instruct|i0.15 o1.5 m262144|n262144 t>t d2026-04-02
Qwen/Qwen3-Next-80B-A3B-Thinking|i0.15 o1.5 m262144|n262144 t>t d2026-02-25
Qwen/Qwen3-VL-32B-Instruct|i0.5 o1.5 m262144|n262144 t>t d2026-02-25
Qwen/Qwen3-VL-8B-Instruct|i0.18 o0.68 m262144|n262144 t>t d2026-04-16
Qwen/Qwen3.5-397B-A17B|i0.6 o3.6 c0.35 m262144|n262144 t>t d2026-06-29
Qwen/Qwen3.5-9B|i0.17 o0.25 m262144|n262144 ti>t
Qwen/Qwen3.6-Plus|i0.5 o3 m1000000|n1000000 t>t
Qwen/Qwen3.7-Max|i2.5 o7.5 c0.5 m1000000|n1000000 t>t
Qwen/Qwen3.7-Plus|i0.32 o1.28 m1000000|n1000000 t>t
Qwen/Qwen3.8-2.4T-A95B|i2 o6 c0.25 m1010000|n1010000 t>t d2026-11-04
Qwen/Qwen3.8-Flash|i0.15 o0.47 m1000000|n1000000 t>t
arcee-ai/trinity-mini|i0.045 o0.15 m128000|n128000 t>t
arize-ai/qwen-2-1.5b-instruct|i0.1 o0.1 m32768|n32768 t>t
codellama/CodeLlama-34b-Instruct-hf|i0.776 o0.776
deepseek-ai/DeepSeek-R1-0528|i3 o7|n163840 t>t
deepseek-ai/DeepSeek-V3|i1.25 o1.25 m8192|n65536 t>t
deepseek-ai/DeepSeek-V3.1|i0.6 o1.7 m131072|n131072 t>t d2026-05-14
deepseek-ai/DeepSeek-V4-Flash-0731|i0.14 o0.28 c0.03 m1048576|n1048576 t>t d2026-10-22
deepseek-ai/DeepSeek-V4-Pro-0813|i1.32 o3.96 c0.13 m1048576|n1048576 t>t
deepseek-ai/DeepSeek-V4.1-Flash|i0.3 o1.2 c0.006 m1048576|n1000000 t>t
deepseek-ai/DeepSeek-V4.1-Flash-1017|i0.3 o1.2 c0.006 m1048576|n1000000 ti>t
essentialai/rnj-1-instruct|i0.15 o0.15|t>t
google/gemma-4-31B-it|i0.39 o0.97 m262144|n262144 t>t d2026-09-15
meta-llama/Llama-3.1-405B-Instruct|i3.5 o3.5 m4096|n4096 t>t
meta-llama/Llama-3.2-1B-Instruct meta-llama/Llama-3.2-3B-Instruct|i0.06 o0.06 m131072|n131072 t>t
meta-llama/Llama-3.3-70B-Instruct-Turbo|i1.04 o1.04 m131072|n131072 t>t d2026-10-22
meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8|i0.27 o0.85
meta-llama/Llama-4-Scout-17B-16E-Instruct|i0.18 o0.59 m1048576|n1048576 t>t d2026-02-06
meta-llama/Meta-Llama-3-70B-Instruct-Lite|i0.54 o0.54
meta-llama/Meta-Llama-3-70B-Instruct-Turbo meta-llama/Meta-Llama-3.3-70B-Instruct-Turbo|i0.88 o0.88
meta-llama/Meta-Llama-3-8B-Instruct-Turbo|i0.18 o0.18
meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo|i3.5 o3.5
meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo|i0.88 o0.88 m131072|n131072 t>t d2026-02-25
meta-llama/Meta-Llama-3.1-8B|i0.2 o0.2 m16384|n16384 t>t
meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo|i0.18 o0.18 m131072|n131072 t>t d2026-03-06
meta-models/Muse-Glimmer-30B|i0.35 o1.5 c0.04 m131072|n131072 t>t
meta-models/Muse-Spark-Open-816B-A42B|i1.25 o4.25 c0.15 m1048576|n1048576 t>t
microsoft/WizardLM-2-8x22B|i1.2 o1.2
mistralai/Ministral-3-14B-Instruct-2512|i0.2 o0.2|n262144 t>t
mistralai/Mistral-7B-Instruct-v0.3|i0.2 o0.2|n32768 t>t
mistralai/Mistral-Small-24B-Instruct-2501|i0.1 o0.3 m32768|n32768 t>t d2026-04-02
mistralai/Mixtral-8x22B-Instruct-v0.1|i2.4 o2.4
mistralai/Mixtral-8x7B-Instruct-v0.1|i0.6 o0.6 m32768|n32768 t>t d2026-04-16
moonshotai/Kimi-K2-Instruct|i1 o3|t>t
moonshotai/Kimi-K2.5-fp4|i0.5 o2.8|n262144 t>t
moonshotai/Kimi-K2.6|i1.2 o4.5 c0.2 m262144|n262144 t>t d2026-08-19
moonshotai/Kimi-K2.7-Code|i0.95 o4 c0.19 m262144|n262144 t>t d2026-08-27
moonshotai/Kimi-K3|i3 o15 c0.3 m1048576|n1048576 ti>t
moonshotai/Kimi-K3.1-Pro|i2 o10 c0.2 m1048576|n1048576 ti>t
nvidia/NVIDIA-Nemotron-3.5-Super-VL|i0.15 o0.5 c0.02 m262144|n262144 ti>t
nvidia/NVIDIA-Nemotron-Nano-9B-v2|i0.06 o0.25|n131072 t>t d2026-02-25
nvidia/nemotron-3-ultra-550b-a55b|i0.6 o3.6 c0.2 m512288|n512288 t>t d2026-08-27
openai/gpt-oss-120b|i0.15 o0.6 m131072|n131072 t>t
openai/gpt-oss-20b|i0.05 o0.2 m131072|n131072 t>t d2026-09-15
reflection/Beam-1.0-501B-A23B|i0.4 o1.2 c0.04 m1048576|n1048576 t>t
ricursive-ai/Ripple-65B-Preview|i0.2 o0.6 c0.02 m131072|n131072 t>t
thinkingmachines/Inkling|i1 o4.05 c0.17 m524288|n524288 t>t d2026-11-06
together/Tev1-4B-experimental|i0.042|n32768 t>t
zai-org/GLM-4.5-Air-FP8|i0.2 o1.1 m131072|n131072 t>t d2026-04-02
zai-org/GLM-4.6|i0.6 o2.2 m202752|n202752 t>t
zai-org/GLM-4.7|i0.45 o2 m202752|n202752 t>t d2026-04-02
zai-org/GLM-5|i1 o3.2 m202752|n202752 t>t d2026-06-22
zai-org/GLM-5.1|i1.4 o4.4 c0.26 m202752|n202752 t>t d2026-07-10
zai-org/GLM-5.2 zai-org/GLM-5.3|i1.4 o4.4 c0.26 m128000|n1048575 t>t
zai-org/GLM-5.3-Flash|i0.15 o0.5 c0.03 m128000|n1048575 ti>t
@fireworks
accounts/fireworks/models/SSD-1B accounts/fireworks/models/japanese-stable-diffusion-xl accounts/fireworks/models/playground-v2-1024px-aesthetic accounts/fireworks/models/playground-v2-5-1024px-aesthetic accounts/fireworks/models/stable-diffusion-xl-1024-v1-0|i0.00013 o0.00013 m4096|n4096 t>i
accounts/fireworks/models/chronos-hermes-13b-v2 accounts/fireworks/models/deepseek-coder-7b-base accounts/fireworks/models/deepseek-coder-7b-base-v1p5 accounts/fireworks/models/deepseek-coder-7b-instruct-v1p5 accounts/fireworks/models/firellava-13b accounts/fireworks/models/llama-v2-13b accounts/fireworks/models/llama-v2-13b-chat accounts/fireworks/models/llama-v2-7b accounts/fireworks/models/llama-v2-7b-chat accounts/fireworks/models/llamaguard-7b accounts/fireworks/models/mythomax-l2-13b accounts/fireworks/models/nous-hermes-llama2-13b accounts/fireworks/models/nous-hermes-llama2-7b accounts/fireworks/models/yi-6b|i0.2 o0.2 m4096|n4096 t>t
accounts/fireworks/models/code-llama-13b accounts/fireworks/models/code-llama-13b-instruct accounts/fireworks/models/code-llama-13b-python accounts/fireworks/models/code-llama-7b accounts/fireworks/models/code-llama-7b-instruct accounts/fireworks/models/code-llama-7b-python accounts/fireworks/models/internvl3-8b accounts/fireworks/models/starcoder2-15b accounts/fireworks/models/starcoder2-7b|i0.2 o0.2 m16384|n16384 t>t
accounts/fireworks/models/code-llama-34b accounts/fireworks/models/code-llama-34b-instruct accounts/fireworks/models/code-llama-34b-python accounts/fireworks/models/deepseek-coder-33b-instruct accounts/fireworks/models/internvl3-38b accounts/fireworks/models/internvl3-78b accounts/fireworks/models/phind-code-llama-34b-python-v1 accounts/fireworks/models/phind-code-llama-34b-v1 accounts/fireworks/models/phind-code-llama-34b-v2|i0.9 o0.9 m16384|n16384 t>t
accounts/fireworks/models/code-llama-70b accounts/fireworks/models/code-llama-70b-instruct accounts/fireworks/models/code-llama-70b-python accounts/fireworks/models/llava-yi-34b accounts/fireworks/models/nous-hermes-2-yi-34b accounts/fireworks/models/nous-hermes-llama2-70b accounts/fireworks/models/qwen2p5-coder-32b-instruct accounts/fireworks/models/qwen2p5-math-72b-instruct accounts/fireworks/models/qwen3-next-80b-a3b-instruct accounts/fireworks/models/qwen3-next-80b-a3b-thinking accounts/fireworks/models/qwen3-vl-32b-instruct accounts/fireworks/models/yi-34b accounts/fireworks/models/yi-34b-chat|i0.9 o0.9 m4096|n4096 t>t
accounts/fireworks/models/code-qwen-1p5-7b|i0.2 o0.2 m65536|n65536 t>t
accounts/fireworks/models/codegemma-2b accounts/fireworks/models/gemma-2b-it|i0.1 o0.1 m8192|n8192 t>t
accounts/fireworks/models/codegemma-7b accounts/fireworks/models/firesearch-ocr-v6 accounts/fireworks/models/gemma-7b accounts/fireworks/models/gemma-7b-it accounts/fireworks/models/gemma2-9b-it accounts/fireworks/models/llama-guard-2-8b accounts/fireworks/models/llama-v3-8b accounts/fireworks/models/llama-v3-8b-instruct-hf accounts/fireworks/models/openchat-3p5-0106-7b accounts/fireworks/models/starcoder-16b accounts/fireworks/models/starcoder-7b|i0.2 o0.2 m8192|n8192 t>t
accounts/fireworks/models/cogito-671b-v2-p1 accounts/fireworks/models/deepseek-prover-v2|i1.2 o1.2 m163840|n163840 t>t
accounts/fireworks/models/cogito-v1-preview-llama-3b accounts/fireworks/models/deepseek-r1-distill-qwen-1p5b accounts/fireworks/models/llama-guard-3-1b accounts/fireworks/models/llama-v3p2-1b accounts/fireworks/models/llama-v3p2-3b accounts/fireworks/models/phi-3-mini-128k-instruct accounts/fireworks/models/qwen3-1p7b accounts/fireworks/models/qwen3-1p7b-fp8-draft-131072|i0.1 o0.1 m131072|n131072 t>t
accounts/fireworks/models/cogito-v1-preview-llama-70b accounts/fireworks/models/cogito-v1-preview-qwen-32b accounts/fireworks/models/deepseek-r1-distill-llama-70b accounts/fireworks/models/deepseek-r1-distill-qwen-32b accounts/fireworks/models/devstral-small-2505 accounts/fireworks/models/dobby-unhinged-llama-3-3-70b-new accounts/fireworks/models/dolphin-2-9-2-qwen2-72b accounts/fireworks/models/fare-20b accounts/fireworks/models/kat-dev-32b accounts/fireworks/models/kat-dev-72b-exp accounts/fireworks/models/llama-v3p1-70b-instruct accounts/fireworks/models/llama-v3p1-nemotron-70b-instruct accounts/fireworks/models/llama-v3p3-70b-instruct accounts/fireworks/models/qwen2p5-32b accounts/fireworks/models/qwen2p5-72b accounts/fireworks/models/qwen2p5-coder-32b-instruct-128k accounts/fireworks/models/qwen3-32b accounts/fireworks/models/qwq-32b|i0.9 o0.9 m131072|n131072 t>t
accounts/fireworks/models/cogito-v1-preview-llama-8b accounts/fireworks/models/cogito-v1-preview-qwen-14b accounts/fireworks/models/deepseek-r1-0528-distill-qwen3-8b accounts/fireworks/models/deepseek-r1-distill-llama-8b accounts/fireworks/models/deepseek-r1-distill-qwen-14b accounts/fireworks/models/deepseek-r1-distill-qwen-7b accounts/fireworks/models/dobby-mini-unhinged-plus-llama-3-1-8b accounts/fireworks/models/llama-guard-3-8b accounts/fireworks/models/qwen-v2p5-7b accounts/fireworks/models/qwen2p5-14b|i0.2 o0.2 m131072|n131072 t>t
accounts/fireworks/models/dbrx-instruct accounts/fireworks/models/deepseek-v2p5|i1.2 o1.2 m32768|n32768 t>t
accounts/fireworks/models/deepseek-coder-1b-base accounts/fireworks/models/starcoder2-3b|i0.1 o0.1 m16384|n16384 t>t
accounts/fireworks/models/deepseek-coder-v2-instruct accounts/fireworks/models/mixtral-8x22b accounts/fireworks/models/mixtral-8x22b-instruct accounts/fireworks/models/mixtral-8x22b-instruct-hf|i1.2 o1.2 m65536|n65536 t>t
accounts/fireworks/models/deepseek-coder-v2-lite-base accounts/fireworks/models/deepseek-coder-v2-lite-instruct accounts/fireworks/models/deepseek-v2-lite-chat|i0.5 o0.5 m163840|n163840 t>t
accounts/fireworks/models/deepseek-r1|i3 o8 m20480|n163840 t>t
accounts/fireworks/models/deepseek-r1-0528|i3 o8 m160000|n160000 t>t
accounts/fireworks/models/deepseek-r1-basic|i0.55 o2.19 m20480|n163840 t>t
accounts/fireworks/models/deepseek-v3|i0.9 o0.9 m8192|n131072 t>t
accounts/fireworks/models/deepseek-v3-0324|i0.9 o0.9 m163840|n160000 t>t
accounts/fireworks/models/deepseek-v3p1 accounts/fireworks/models/deepseek-v3p1-terminus|i0.56 o1.68 m8192|n128000 t>t
accounts/fireworks/models/deepseek-v3p2|i0.56 o1.68 c0.28 m163840|n163840 t>t
accounts/fireworks/models/deepseek-v4-flash|i0.14 o0.28 c0.028 m384000|n1040000 t>t d2026-08-14
accounts/fireworks/models/deepseek-v4-flash-0731|i0.22 o0.66 c0.007 m131072 yfast*1.25|n1040000 t>t d2026-09-25
accounts/fireworks/models/deepseek-v4-flash-vision-exp deepseek-v4-flash-vision-exp|i0.22 o0.66 c0.007 m1048576 yfast*1.25|n1048576 ti>t d2026-09-25
accounts/fireworks/models/deepseek-v4-pro|i1.74 o3.48 c0.145 m131072|n1048576 t>t d2026-08-27
accounts/fireworks/models/deepseek-v4-pro-0813 deepseek-v4-pro-0813|i1.32 o3.96 c0.044 m131072 yfast*1.25|n1048576 t>t d2026-09-25
accounts/fireworks/models/deepseek-v4p1-flash accounts/fireworks/models/deepseek-v4p1-flash-1017 deepseek-v4p1-flash|i0.3 o1.2 c0.006 m393216 yfast*1.25|n1048576 ti>t
accounts/fireworks/models/deepseek-v4p1-flash-1017-us accounts/fireworks/routers/deepseek-v4p1-flash-us deepseek-v4p1-flash-us|i0.45 o1.8 c0.009 m393216 yfast*1.25|n1048576 ti>t
accounts/fireworks/models/dolphin-2p6-mixtral-8x7b accounts/fireworks/models/firefunction-v1 accounts/fireworks/models/mixtral-8x7b accounts/fireworks/models/mixtral-8x7b-instruct accounts/fireworks/models/mixtral-8x7b-instruct-hf accounts/fireworks/models/nous-hermes-2-mixtral-8x7b-dpo|i0.5 o0.5 m32768|n32768 t>t
accounts/fireworks/models/ember-1|i3 o15 c0.3 yfast*1.25|n1048576 ti>t
accounts/fireworks/models/ernie-4p5-21b-a3b-pt accounts/fireworks/models/ernie-4p5-300b-a47b-pt accounts/fireworks/models/nemotron-nano-v2-12b-vl|i0.1 o0.1 m4096|n131072 t>t
accounts/fireworks/models/firefunction-v2 accounts/fireworks/models/llama-v3-70b-instruct accounts/fireworks/models/llama-v3-70b-instruct-hf|i0.9 o0.9 m8192|n8192 t>t
accounts/fireworks/models/flux-1-dev accounts/fireworks/models/flux-1-schnell accounts/fireworks/models/llama-v2-70b accounts/fireworks/models/llama-v3p1-405b-instruct-long accounts/fireworks/models/llama-v3p1-70b-instruct-1b accounts/fireworks/models/minimax-m1-80k accounts/fireworks/models/stablecode-3b|i0.1 o0.1 m4096|n4096 t>t
accounts/fireworks/models/flux-1-dev-controlnet-union|i0.001 o0.001 m4096|n4096 t>t
accounts/fireworks/models/flux-1-dev-fp8|i0.0005 o0.0005 m4096|n4096 t>i
accounts/fireworks/models/flux-1-schnell-fp8|i0.00035 o0.00035 m4096|n4096 t>i
accounts/fireworks/models/flux-kontext-max|i0.08 o0.08 m4096|n4096 t>i
accounts/fireworks/models/flux-kontext-pro|i0.04 o0.04 m4096|n4096 t>i
accounts/fireworks/models/gemma-3-27b-it|i0.9 o0.9 m131072|n131000 t>t
accounts/fireworks/models/glm-4p5|i0.55 o2.19 m96000|n131072 t>t
accounts/fireworks/models/glm-4p5-air|i0.22 o0.88 m96000|n131072 t>t
accounts/fireworks/models/glm-4p5v accounts/fireworks/models/gpt-oss-safeguard-120b|i1.2 o1.2 m131072|n131072 t>t
accounts/fireworks/models/glm-4p6|i0.55 o2.19 m202800|n202752 t>t
accounts/fireworks/models/glm-4p7 glm-4p7|i0.6 o2.2 c0.3 m202800|n202752 t>t
accounts/fireworks/models/glm-5p1 glm-5p1|i1.4 o4.4 c0.26 m131072|n202752 t>t
accounts/fireworks/models/glm-5p2|i1.4 o4.4 c0.14 m131072 yfast*1.25|n1040000 t>t d2026-09-25
accounts/fireworks/models/glm-5p3 glm-5p3|i1.4 o4.4 c0.26 m128000 yfast*1.25|n1048576 t>t
accounts/fireworks/models/glm-5p3-flash accounts/fireworks/models/ultramarine-1-flash-us glm-5p3-flash|i0.15 o0.5 c0.03 m1048576 yfast*1.25|n1048576 ti>t
accounts/fireworks/models/gpt-oss-120b gpt-oss-120b|i0.15 o0.6 c0.015 m32768 yfast*1.2|n131072 t>t d2026-11-07
accounts/fireworks/models/gpt-oss-20b gpt-oss-20b|i0.07 o0.3 c0.035 m32768|n131072 t>t
accounts/fireworks/models/gpt-oss-safeguard-20b|i0.5 o0.5 m131072|n131072 t>t
accounts/fireworks/models/hermes-2-pro-mistral-7b accounts/fireworks/models/mistral-7b accounts/fireworks/models/mistral-7b-instruct-4k accounts/fireworks/models/mistral-7b-instruct-v0p2 accounts/fireworks/models/mistral-7b-instruct-v3 accounts/fireworks/models/mistral-7b-v0p2 accounts/fireworks/models/nous-capybara-7b-v1p9 accounts/fireworks/models/openhermes-2-mistral-7b accounts/fireworks/models/openhermes-2p5-mistral-7b accounts/fireworks/models/openorca-7b accounts/fireworks/models/qwen-v2p5-14b-instruct accounts/fireworks/models/qwen2-7b-instruct accounts/fireworks/models/qwen2-vl-7b-instruct accounts/fireworks/models/qwen2p5-7b-instruct accounts/fireworks/models/qwen2p5-coder-14b accounts/fireworks/models/qwen2p5-coder-14b-instruct accounts/fireworks/models/qwen2p5-coder-7b accounts/fireworks/models/qwen2p5-coder-7b-instruct accounts/fireworks/models/snorkel-mistral-7b-pairrm-dpo accounts/fireworks/models/toppy-m-7b accounts/fireworks/models/zephyr-7b-beta|i0.2 o0.2 m32768|n32768 t>t
accounts/fireworks/models/inkling|i1 o4.05 c0.17 m1048576 yfast*1|n1040000 ti>t d2026-11-07
accounts/fireworks/models/kat-coder accounts/fireworks/models/qwen3-30b-a3b-thinking-2507|i0.9 o0.9 m262144|n262144 t>t
accounts/fireworks/models/kimi-k2-instruct|i0.6 o2.5 m16384|n131072 t>t
accounts/fireworks/models/kimi-k2-instruct-0905|i0.6 o2.5 m32768|n262144 t>t
accounts/fireworks/models/kimi-k2-thinking|i0.6 o2.5 m262144|n262144 t>t
accounts/fireworks/models/kimi-k2p5 kimi-k2p5|i0.6 o3 c0.1 m32768|n262144 t>t
accounts/fireworks/models/kimi-k2p6 kimi-k2p6|i0.95 o4 c0.16 m32768 yfast i1.5 o6 c0.22|n262144 ti>t d2026-09-25
accounts/fireworks/models/kimi-k2p7-code kimi-k2p7-code|i0.95 o4 c0.19 m32768 yfast*1.5|n262144 ti>t d2026-09-25
accounts/fireworks/models/kimi-k3|i3 o15 c0.3 m131072 yfast*1.25|n1040000 ti>t
accounts/fireworks/models/kimi-k3p1-pro|i2 o10 c0.2 m131072 yfast*1.5|n1048576 ti>t
accounts/fireworks/models/llama-v2-70b-chat|i0.9 o0.9 m2048|n2048 t>t
accounts/fireworks/models/llama-v3p1-405b-instruct|i3 o3 m16384|n131072 t>t
accounts/fireworks/models/llama-v3p1-8b-instruct|i0.1 o0.1 m16384|n131000 t>t
accounts/fireworks/models/llama-v3p2-11b-vision-instruct|i0.2 o0.2 m16384|n131072 ti>t
accounts/fireworks/models/llama-v3p2-1b-instruct accounts/fireworks/models/llama-v3p2-3b-instruct|i0.1 o0.1 m16384|n131072 t>t
accounts/fireworks/models/llama-v3p2-90b-vision-instruct|i0.9 o0.9 m16384|n131072 ti>t
accounts/fireworks/models/llama4-maverick-instruct-basic|i0.22 o0.88 m131072|n1000000 t>t
accounts/fireworks/models/llama4-scout-instruct-basic accounts/fireworks/models/qwen3-30b-a3b|i0.15 o0.6 m131072|n131072 t>t
accounts/fireworks/models/minimax-m2|i0.3 o1.2 m4096|n196608 t>t
accounts/fireworks/models/minimax-m2p1|i0.3 o1.2 c0.03 m204800|n204800 t>t
accounts/fireworks/models/minimax-m2p7|i0.3 o1.2 c0.06
accounts/fireworks/models/minimax-m3|i0.3 o1.2 c0.06 m512000 yfast*1.5|n524288 ti>t
accounts/fireworks/models/minimax-m3p1-flash|i0.15 o0.6 c0.015 m1048576 yfast*1.5|n1048576 ti>t
accounts/fireworks/models/ministral-3-14b-instruct-2512 accounts/fireworks/models/ministral-3-8b-instruct-2512|i0.2 o0.2 m256000|n256000 t>t
accounts/fireworks/models/ministral-3-3b-instruct-2512|i0.1 o0.1 m256000|n256000 t>t
accounts/fireworks/models/mistral-large-3-fp8|i1.2 o1.2 m256000|n256000 t>t
accounts/fireworks/models/mistral-nemo-base-2407 accounts/fireworks/models/mistral-nemo-instruct-2407 accounts/fireworks/models/qwen2p5-vl-3b-instruct accounts/fireworks/models/qwen2p5-vl-7b-instruct accounts/fireworks/models/rolm-ocr|i0.2 o0.2 m128000|n128000 t>t
accounts/fireworks/models/mistral-small-24b-instruct-2501 accounts/fireworks/models/qwen-qwq-32b-preview accounts/fireworks/models/qwen1p5-72b-chat accounts/fireworks/models/qwen2-72b-instruct accounts/fireworks/models/qwen2-vl-72b-instruct accounts/fireworks/models/qwen2p5-32b-instruct accounts/fireworks/models/qwen2p5-72b-instruct accounts/fireworks/models/qwen2p5-coder-32b accounts/fireworks/models/qwen2p5-coder-32b-instruct-32k-rope|i0.9 o0.9 m32768|n32768 t>t
accounts/fireworks/models/muse-glimmer-30b muse-glimmer-30b|i0.35 o1.5 c0.04 m16384 yfast*1.5|n131072 ti>t d2026-09-25
accounts/fireworks/models/muse-spark-open|i1.25 o4.25 c0.15 yfast*1.5|n1048576 ti>t
accounts/fireworks/models/nemotron-3-ultra-nvfp4|i0.6 o2.4 c0.12 m32768 yfast*1.25|n262000 t>t d2026-11-07
accounts/fireworks/models/nemotron-lightning-3p5-30b-a3b nemotron-lightning-3p5-30b-a3b|i0.05 o0.2 c0.01 m32768 yfast*1.25|n262144 t>t d2026-11-07
accounts/fireworks/models/nvidia-nemotron-nano-12b-v2 accounts/fireworks/models/nvidia-nemotron-nano-9b-v2|i0.2 o0.2 m131072|n128000 t>t
accounts/fireworks/models/phi-2-3b|i0.1 o0.1 m2048|n2048 t>t
accounts/fireworks/models/phi-3-vision-128k-instruct|i0.2 o0.2 m32064|n32064 t>t
accounts/fireworks/models/pythia-12b|i0.2 o0.2 m2048|n2048 t>t
accounts/fireworks/models/qwen2-vl-2b-instruct accounts/fireworks/models/qwen2p5-0p5b-instruct accounts/fireworks/models/qwen2p5-1p5b-instruct accounts/fireworks/models/qwen2p5-coder-0p5b accounts/fireworks/models/qwen2p5-coder-0p5b-instruct accounts/fireworks/models/qwen2p5-coder-1p5b accounts/fireworks/models/qwen2p5-coder-1p5b-instruct accounts/fireworks/models/qwen2p5-coder-3b accounts/fireworks/models/qwen2p5-coder-3b-instruct|i0.1 o0.1 m32768|n32768 t>t
accounts/fireworks/models/qwen2p5-coder-32b-instruct-64k|i0.9 o0.9 m65536|n65536 t>t
accounts/fireworks/models/qwen2p5-vl-32b-instruct accounts/fireworks/models/qwen2p5-vl-72b-instruct|i0.9 o0.9 m128000|n128000 t>t
accounts/fireworks/models/qwen3-0p6b accounts/fireworks/models/qwen3-1p7b-fp8-draft-40960|i0.1 o0.1 m40960|n40960 t>t
accounts/fireworks/models/qwen3-14b accounts/fireworks/models/qwen3-4b accounts/fireworks/models/qwen3-8b|i0.2 o0.2 m40960|n40960 t>t
accounts/fireworks/models/qwen3-1p7b-fp8-draft|i0.1 o0.1 m262144|n262144 t>t
accounts/fireworks/models/qwen3-235b-a22b|i0.22 o0.88 m131072|n128000 t>t
accounts/fireworks/models/qwen3-235b-a22b-instruct-2507 accounts/fireworks/models/qwen3-235b-a22b-thinking-2507 accounts/fireworks/models/qwen3-vl-235b-a22b-instruct accounts/fireworks/models/qwen3-vl-235b-a22b-thinking|i0.22 o0.88 m262144|n262144 t>t
accounts/fireworks/models/qwen3-30b-a3b-instruct-2507|i0.5 o0.5 m262144|n262144 t>t
accounts/fireworks/models/qwen3-4b-instruct-2507|i0.2 o0.2 m262144|n262144 t>t
accounts/fireworks/models/qwen3-coder-30b-a3b-instruct accounts/fireworks/models/qwen3-vl-30b-a3b-instruct accounts/fireworks/models/qwen3-vl-30b-a3b-thinking|i0.15 o0.6 m262144|n262144 t>t
accounts/fireworks/models/qwen3-coder-480b-a35b-instruct|i0.45 o1.8 m262144|n262144 t>t
accounts/fireworks/models/qwen3-coder-480b-instruct-bf16|i0.9 o0.9 m4096|n262144 t>t
accounts/fireworks/models/qwen3-embedding-8b|i0.1 m40960|n40960 t>e
accounts/fireworks/models/qwen3-vl-8b-instruct|i0.2 o0.2 m4096|n262144 t>t
accounts/fireworks/models/qwen3p6-plus|i0.5 o3 c0.1
accounts/fireworks/models/qwen3p7-plus qwen3p7-plus|i0.4 o1.6 c0.08 m65536|n262144 ti>t
accounts/fireworks/models/qwen3p8-max qwen3p8-max|i2 o6 c0.25 yfast*1.5|n262144 ti>t
accounts/fireworks/models/yi-34b-200k-capybara|i0.9 o0.9 m200000|n200000 t>t
accounts/fireworks/models/yi-large|i3 o3 m32768|n32768 t>t
accounts/fireworks/routers/deepseek-v4p1-flash-1017-spot accounts/fireworks/routers/deepseek-v4p1-flash-spot|i0.21 o0.84 c0.0042 m393216|n1048576 ti>t
accounts/fireworks/routers/deepseek-v4p1-flash-1017-ultrafast|i2.4 o9.6 c0.048 m393216|n1048576 ti>t
accounts/fireworks/routers/deepseek-v4p1-flash-1017-us|i0.45 o1.8 c0.009
accounts/fireworks/routers/glm-5p1-fast glm-5p1-fast|i2.8 o8.8 c0.52 m131072|n202800 t>t
accounts/fireworks/routers/glm-5p2-fast accounts/fireworks/routers/glm-5p2-fast-us|i2.1 o6.6 c0.21 m131072|n1040000 t>t d2026-09-25
accounts/fireworks/routers/glm-5p3-fast glm-5p3-fast|i2.1 o6.6 c0.39 m1048576|n1048576 t>t
accounts/fireworks/routers/glm-5p3-flash-us glm-5p3-flash-us|i0.225 o0.75 c0.045 m1048576 yfast*1.25|n1048576 ti>t d2026-11-07
accounts/fireworks/routers/glm-5p3-spot|i0.98 o3.08 c0.182 m128000|n1048576 t>t
accounts/fireworks/routers/glm-5p3-us glm-5p3-us|i2.1 o6.6 c0.39 m128000 yfast*1.25|n1048576 t>t
accounts/fireworks/routers/kimi-k2p6-fast kimi-k2p6-fast|i2 o8 c0.3 m32768|n262144 ti>t d2026-08-27
accounts/fireworks/routers/kimi-k2p7-code-fast kimi-k2p7-code-fast|i1.9 o8 c0.38 m32768|n262144 ti>t d2026-08-27
accounts/fireworks/routers/kimi-k3-fast|i4.5 o22.5 c0.45 m131072|n1040000 ti>t
accounts/fireworks/routers/kimi-k3-spot|i2.1 o10.5 c0.21 m131072|n1048576 ti>t
accounts/fireworks/routers/kimi-k3-us|i4.5 o22.5 c0.45 m131072 yfast*1.25|n1040000 ti>t
accounts/fireworks/routers/spot-deepseek-v4-flash|i0.105 o0.21 c0.021 m384000|n1048576 t>t d2026-08-14
accounts/fireworks/routers/ultramarine-1-flash-us|i0.15 o0.5 c0.03
deepseek-v4-flash|i0.14 o0.28 c0.028 m384000|n1048576 t>t d2026-08-14
deepseek-v4-flash-0731|i0.22 o0.66 c0.007 m131072 yfast*1.25|n1048576 t>t d2026-09-25
glm-5p2|i1.4 o4.4 c0.14 m131072 yfast*1.25|n1048576 t>t d2026-09-25
glm-5p2-fast glm-5p2-fast-us|i2.1 o6.6 c0.21 m131072|n1048576 t>t d2026-09-25
kimi-k3|i3 o15 c0.3 m131072 yfast*1.25|n1048576 ti>t
kimi-k3-fast|i4.5 o22.5 c0.45 m131072|n1048576 ti>t
kimi-k3-us|i4.5 o22.5 c0.45 m131072 yfast*1.25|n1048576 ti>t
minimax-m2p1|i0.3 o1.2 c0.03 m204800|n196608 t>t
minimax-m3|i0.3 o1.2 c0.06 m512000 yfast*1.5|n512000 ti>t
nemotron-3-ultra-nvfp4|i0.6 o2.4 c0.12 m32768 yfast*1.25|n262144 t>t d2026-11-07
@siliconflow
ByteDance-Seed/Seed-OSS-36B-Instruct|i0.21 o0.57
MiniMaxAI/MiniMax-M2.5|i0.3 o1.2
Qwen/Qwen2.5-72B-Instruct|i0.59 o0.59
Qwen/Qwen2.5-7B-Instruct|i0.05 o0.05
Qwen/Qwen3-14B Qwen/Qwen3-Coder-30B-A3B-Instruct|i0.07 o0.28
Qwen/Qwen3-235B-A22B-Thinking-2507|i0.13 o0.6
Qwen/Qwen3-30B-A3B-Instruct-2507|i0.09 o0.3
Qwen/Qwen3-32B inclusionAI/Ling-flash-2.0 tencent/Hunyuan-A13B-Instruct|i0.14 o0.57
Qwen/Qwen3-8B|i0.06 o0.06
Qwen/Qwen3-Coder-480B-A35B-Instruct deepseek-ai/DeepSeek-V3|i0.25 o1
Qwen/Qwen3-VL-235B-A22B-Instruct|i0.3 o1.5
Qwen/Qwen3-VL-235B-A22B-Thinking|i0.45 o3.5
Qwen/Qwen3-VL-30B-A3B-Instruct Qwen/Qwen3-VL-30B-A3B-Thinking|i0.29 o1
Qwen/Qwen3-VL-32B-Instruct|i0.2 o0.6
Qwen/Qwen3-VL-32B-Thinking|i0.2 o1.5
Qwen/Qwen3-VL-8B-Instruct|i0.18 o0.68
Qwen/Qwen3.5-122B-A10B|i0.26 o2.08
Qwen/Qwen3.5-27B|i0.25 o2
Qwen/Qwen3.5-35B-A3B|i0.24 o1.8
Qwen/Qwen3.5-397B-A17B|i0.39 o2.34
Qwen/Qwen3.5-9B|i0.1 o0.15
Qwen/Qwen3.6-27B|i0.3 o3.2
Qwen/Qwen3.6-35B-A3B|i0.2 o1.6
baidu/ERNIE-4.5-300B-A47B|i0.28 o1.1
deepseek-ai/DeepSeek-R1|i0.5 o2.18
deepseek-ai/DeepSeek-V3.1 deepseek-ai/DeepSeek-V3.1-Terminus|i0.27 o1
deepseek-ai/DeepSeek-V3.2|i0.27 o0.42
deepseek-ai/DeepSeek-V3.2-Exp|i0.27 o0.41
deepseek-ai/DeepSeek-V4-Flash|i0.14 o0.28 c0.028
deepseek-ai/DeepSeek-V4-Pro|i1.74 o3.48 c0.145
google/gemma-4-26B-A4B-it|i0.12 o0.4
google/gemma-4-31B-it|i0.13 o0.4
moonshotai/Kimi-K2.5|i0.45 o2.25
moonshotai/Kimi-K2.6|i0.77 o4 c0.2
openai/gpt-oss-120b|i0.05 o0.45
openai/gpt-oss-20b|i0.04 o0.18
stepfun-ai/Step-3.5-Flash|i0.1 o0.3
tencent/Hy3-preview|i0.066 o0.26 c0.029
zai-org/GLM-4.5-Air|i0.14 o0.86
zai-org/GLM-5|i0.95 o2.55
zai-org/GLM-5.1 zai-org/GLM-5.2|i1.4 o4.4
zai-org/GLM-5V-Turbo|i1.2 o4
@anthropic
claude-2|i8 o24|n200000
claude-3-5-haiku claude-3-5-haiku-latest claude-3.5-haiku|i0.8 o4 c0.08 w1 W1.6 e0.01|n200000
claude-3-5-sonnet claude-3-7-sonnet claude-3-7-sonnet-latest claude-3.5-sonnet claude-3.7-sonnet claude-4-sonnet claude-sonnet-3-7 claude-sonnet-3.7 claude-sonnet-4 claude-sonnet-4-0 claude-sonnet-4-2025|i3 o15 c0.3 w3.75 W6 e0.01|n200000
claude-3-haiku|i0.25 o1.25 c0.03 w0.3 W0.5|n200000
claude-3-opus claude-3-opus-latest|i15 o75 c1.5 w18.75 W30|n200000
claude-3-sonnet|i3 o15 c0.3 w3.75 W6|n200000
claude-4-5-haiku claude-4.5-haiku claude-haiku-4.5|i1 o5 c0.1 w1.25 W2 e0.01 ybatch*0.5|n200000
claude-4-5-opus claude-4.5-opus claude-opus-4.5|i5 o25 c0.5 w6.25 W10 e0.01 ybatch*0.5|n200000
claude-4-6-opus claude-4-7-opus claude-4.6-opus claude-4.7-opus claude-opus-4.6 claude-opus-4.7|i5 o25 c0.5 w6.25 W10 e0.01 ybatch*0.5|n1000000
claude-4-8-opus claude-4.8-opus claude-5-opus claude-5.0-opus claude-opus-4.8 claude-opus-5-latest claude-opus-5.0|i5 o25 c0.5 w6.25 W10 e0.01 yfast*2 ybatch*0.5|n1000000
claude-4-opus claude-opus-4 claude-opus-4-0 claude-opus-4-1 claude-opus-4-20250514 claude-opus-4.1|i15 o75 c1.5 w18.75 W30 e0.01|n200000
claude-5-5-haiku claude-5.5-haiku claude-haiku-5.5|i0.1 o0.5 c0.01 w0.125 W0.2 e0.01 t100000 i0.5 o2.5 c0.05 w0.625 W1 ybatch*0.5|n1000000
claude-5-5-opus claude-5.5-opus claude-opus-5.5|i4 o20 c0.2 w5 W8 e0.01 yfast*2 ybatch*0.5|n1000000
claude-5-5-sonnet claude-5.5-sonnet claude-sonnet-5.5|i2 o10 c0.1 w2.5 W4 e0.01 ybatch*0.5|n1000000
claude-5-sonnet claude-5.0-sonnet claude-sonnet-5.0|i2 o10 c0.2 w2.5 W4 e0.01 ybatch*0.5|n1000000
claude-fable-5 claude-mythos-5|i10 o50 c1 w12.5 W20 e0.01 m128000 ybatch*0.5|n1000000 tif>t
claude-fable-5-1 claude-mythos-5-1|i10 o50 c0.25 w12.5 W20 e0.01 m128000 ybatch*0.5|n1000000 tif>t
claude-fable-5-2 claude-mythos-5-2|i8 o40 c0.2 w10 W16 e0.01 yfast*2 ybatch*0.5|n1000000
claude-haiku-4-5|i1 o5 c0.1 w1.25 W2 e0.01 m64000 ybatch*0.5|n200000 tif>t
claude-haiku-4-5-20251001|i1 o5 c0.1 w1.25 W2 m64000 ybatch*0.5|n200000 tif>t
claude-haiku-5-5|i0.1 o0.5 c0.01 w0.125 W0.2 e0.01 m128000 t100000 i0.5 o2.5 c0.05 w0.625 W1 ybatch*0.5|n1000000 tif>t
claude-mythos-preview|i10 o50 c1 w12.5 W20 e0.01 m128000|n1000000 tif>t d2026-06-09
claude-opus-4-5 claude-opus-4-5-20251101|i5 o25 c0.5 w6.25 W10 e0.01 m64000 ybatch*0.5|n200000 tif>t
claude-opus-4-6 claude-opus-4-6-20260205 claude-opus-4-7 claude-opus-4-7-20260416|i5 o25 c0.5 w6.25 W10 e0.01 m128000 ybatch*0.5|n1000000 tif>t
claude-opus-4-8 claude-opus-5|i5 o25 c0.5 w6.25 W10 e0.01 m128000 yfast*2 ybatch*0.5|n1000000 tif>t
claude-opus-5-5|i4 o20 c0.2 w5 W8 e0.01 m128000 yfast*2 ybatch*0.5|n1000000 tif>t
claude-sonnet-4-5|i3 o15 c0.3 w3.75 W6 e0.01 m64000 t200000 i6 o22.5 c0.6 w7.5 W12 ybatch*0.5|n200000 tif>t d2026-11-30
claude-sonnet-4-5-20250929|i3 o15 c0.3 w3.75 W6 e0.01 m64000 ybatch*0.5|n200000 tif>t d2026-11-30
claude-sonnet-4-6|i3 o15 c0.3 w3.75 W6 e0.01 m128000 ybatch*0.5|n1000000 tif>t
claude-sonnet-4.5|i3 o15 c0.3 w3.75 W6 e0.01 t200000 i6 o22.5 c0.6 w7.5 W12 ybatch*0.5|n200000
claude-sonnet-4.6|i3 o15 c0.3 w3.75 W6 e0.01 ybatch*0.5|n1000000
claude-sonnet-5|i2 o10 c0.2 w2.5 W4 e0.01 m128000 ybatch*0.5|n1000000 tif>t
claude-sonnet-5-5|i2 o10 c0.1 w2.5 W4 e0.01 m128000 ybatch*0.5|n1000000 tif>t
claude-v1|i8 o24
@google
anthropic/claude-sonnet-4 claude-3-5-sonnet claude-3-7-sonnet claude-4-sonnet claude-sonnet-4|i3 o15 c0.3 w3.75|n200000
claude-3-5-haiku|i0.8 o4 c0.08 w1|n200000
claude-3-haiku|i0.25 o1.25 c0.03 w0.3|n200000
claude-3-opus claude-4-opus claude-opus-4|i15 o75 c1.5 w18.75|n200000
claude-fable-5|i10 o50 c1 w12.5 W20|n1000000
claude-fable-5-1|i10 o50 c0.25 w12.5 W20|n1000000
claude-fable-5-2|i8 o40 c0.2 w10 W16 e0.01 ybatch*0.5|n1000000
claude-haiku-4-5|i1 o5 c0.1 w1.25 W2|n200000
claude-haiku-5-5|i0.1 o0.5 c0.01 w0.125 W0.2 t100000 i0.5 o2.5 c0.05 w0.625 W1|n1000000
claude-opus-4-5|i5 o25 c0.5 w6.25 W10|n200000
claude-opus-4-6 claude-opus-4-7 claude-opus-4-8 claude-opus-5|i5 o25 c0.5 w6.25 W10|n1000000
claude-opus-5-5|i4 o20 c0.2 w5 W8|n1000000
claude-sonnet-4-5|i3 o15 c0.3 w3.75 W6 t200000 i6 o22.5 c0.6 w7.5 W12|n200000
claude-sonnet-4-6|i3 o15 c0.3 w3.75 W6|n1000000
claude-sonnet-5-5|i2 o10 c0.1 w2.5 W4|n1000000
deep-research-max-preview-04-2026 deep-research-preview-04-2026|i2 o12 e0.035 m65536 ybatch*0.5|n1048576 ti>t
deep-research-pro-preview-12-2025|i2 o12 e0.035 m65536 ybatch*0.5|n1048576 tif>t d2026-10-23
gemini-1.0-pro gemini-1.0-pro-vision-001 gemini-pro|i0.125 o0.375|n32768
gemini-1.5-flash|i0.075 o0.3 c0.01875 t128000 i0.15 o0.6 c0.0375|n1000000
gemini-1.5-pro|i1.25 o5 t128000 i2.5 o10|n1000000
gemini-2.0-flash|i0.1 o0.4 c0.025 a0.7 e0.035|n1000000
gemini-2.0-flash-lite|i0.075 o0.3|n1000000
gemini-2.5-computer-use-preview-10-2025|i1.25 o10 m64000 t200000 i2.5 o15|n128000 ti>t d2026-07-28
gemini-2.5-flash|i0.3 o2.5 c0.03 a1 r2.5 e0.035 m65536 yfast*1.8 yflex i0.15 o1.25 c0.03 a0.5 ybatch i0.15 o1.25 c0.03 a0.5|n1048576 tiaf>t d2026-12-01
gemini-2.5-flash-image|i0.3 o2.5 c0.03 a1 r2.5 G30 e0.035 m32768 yfast*1.8 yflex*0.5 ybatch*0.5|n1000000 tif>i d2027-03-15
gemini-2.5-flash-image-preview|i0.3 o2.5 G30|n1000000
gemini-2.5-flash-latest gemini-2.5-flash-preview-09-2025|i0.3 o2.5 c0.03 a1 e0.035 ybatch i0.15 o1.25 c0.03 a0.5|n1048576
gemini-2.5-flash-lite|i0.1 o0.4 c0.01 a0.3 r0.4 e0.035 m65536 yfast*1.8 yflex i0.05 o0.2 c0.01 a0.15 ybatch i0.05 o0.2 c0.01 a0.15|n1000000 tiaf>t
gemini-2.5-flash-lite-preview-tts|i0.5 o10|n8192
gemini-2.5-flash-native-audio-latest gemini-2.5-flash-native-audio-preview gemini-live-2.5-flash|i0.5 o2 a3 g3 A12
gemini-2.5-flash-preview gemini-2.5-flash-preview-05-20:thinking gemini-2.5-flash-preview:thinking|i0.15 o0.6 e0.035
gemini-2.5-flash-preview-tts|i0.5 o10 A10 m16384 ybatch*0.5|n8192 t>a d2026-11-17
gemini-2.5-flash-tts|i0.5 o10 ybatch*0.5|n8192
gemini-2.5-pro|i1.25 o10 c0.125 e0.035 m65536 t200000 i2.5 o15 c0.25 yfast*1.8 yflex i0.625 o5 c0.125 t200000 i1.25 o7.5 c0.25 ybatch i0.625 o5 c0.125 t200000 i1.25 o7.5 c0.25|n1048576 tiavf>t d2026-12-01
gemini-2.5-pro-preview-tts|i1 o20 c0.125 a0.7 A20 e0.035 m16384 ybatch*0.5|n8192 t>t d2026-11-17
gemini-2.5-pro-tts|i1 o20 ybatch*0.5|n8192
gemini-3-flash-preview|i0.5 o3 c0.05 a1 r3 e0.014 m65536 yfast*1.8 yflex i0.25 o1.5 c0.05 a0.5 ybatch i0.25 o1.5 c0.05 a0.5|n1000000 tiaf>t
gemini-3-pro-image|i2 o12 G120 e0.014 m32768 yfast*1.8 yflex*0.5 ybatch*0.5|n1000000 ti>i
gemini-3-pro-image-preview|i2 o12 G120 e0.014 m32768 yfast*1.8 yflex*0.5 ybatch*0.5|n1000000 ti>i d2026-06-25
gemini-3-pro-preview gemini-3-pro-text-preview|i2 o12 c0.2 e0.014 t200000 i4 o18 c0.4
gemini-3.1-flash-image|i0.5 o3 G60 e0.014 m32768 ybatch*0.5|n1000000 tif>i
gemini-3.1-flash-image-preview|i0.5 o3 G60 e0.014 m65536 ybatch*0.5|n1000000 ti>i d2026-06-25
gemini-3.1-flash-lite|i0.25 o1.5 c0.025 a0.5 r1.5 e0.014 m65536 yfast*1.8 yflex*0.5 ybatch*0.5|n1000000 tiavf>t d2027-05-07
gemini-3.1-flash-lite-image|i0.25 o1.5 G30 m4096 ybatch*0.5|n65536 tif>i
gemini-3.1-flash-lite-preview|i0.25 o1.5 c0.025 a0.5 r1.5 e0.014 m65536 yfast*1.8 yflex*0.5 ybatch*0.5|n1000000 tiavf>t d2026-05-25
gemini-3.1-flash-live-preview|i0.75 o4.5 a3 g1 A12 e0.014
gemini-3.1-flash-tts-preview|i1 o20 A20 m16384 ybatch*0.5|n8192 t>a d2026-11-17
gemini-3.1-pro-preview gemini-3.1-pro-preview-customtools|i2 o12 c0.2 e0.014 m65536 t200000 i4 o18 c0.4 yfast*1.8 yflex i1 o6 c0.2 t200000 i2 o9 c0.4 ybatch i1 o6 c0.2 t200000 i2 o9 c0.4|n1048576 tiavf>t
gemini-3.5-flash|i1.5 o9 c0.15 a1.5 r9 e0.014 m65536 yfast*1.8 yflex i0.75 o4.5 c0.08 ybatch*0.5|n1000000 tiavf>t
gemini-3.5-flash-lite gemini-flash-lite-latest|i0.3 o2.5 c0.03 r2.5 e0.014 m65536 yfast i0.54 o4.5 c0.05 yflex i0.15 o1.25 c0.02 ybatch*0.5|n1000000 tiavf>t
gemini-3.5-flash-preview|i1.5 o9 c0.15 e0.014|n1000000
gemini-3.5-transcribe|i2 o12 a2 m32768|n98304 a>t
gemini-3.5-transcribe-live|i3.5 o21 a3.5 m65536|n131072 a>t
gemini-3.6-flash gemini-3.8-flash gemini-flash-latest|i0.75 o3.75 c0.075 r3.75 e0.014 m65536 yfast*1.8 yflex*0.5 ybatch*0.5 @2027-01-01 i1.5 o7.5 c0.15 e0.014 m65536 ybatch*0.25|n1000000 tiavf>t
gemini-3.7-flash|i0.75 o3.75 c0.075 r3.75 e0.014 m65536 yfast*1.8 yflex*0.5 ybatch*0.5 @2027-01-01 i1.5 o7.5 c0.15 e0.014 m65536|n1000000 tiavf>t
gemini-3.8-flash-lite-tts|i0.5 o6 c0.125 A6 m16384 yfast*1.8 yflex i0.25 o3 c0.025 ybatch*0.5 @2027-01-01 i1 o12 m16384 yfast*0.9 yflex*0.25 ybatch*0.25|n8192 t>a
gemini-3.8-flash-tts|i0.5 o9 c0.125 A9 m16384 yfast*1.8 yflex i0.25 o4.5 c0.025 ybatch*0.5 @2027-01-01 i1 o18 m16384 yfast*0.9 yflex*0.25 ybatch*0.25|n8192 t>a
gemini-3.8-live|i0.75 o4.5 a3 g1 A12 e0.014|n131072
gemini-4-argon|i2 o10 c0.1 r10 e0.014 m1048576 yfast*1.8 yflex*0.5 ybatch*0.5 @2026-12-01 i4 o20 c0.2 e0.014 m1048576 ybatch*0.25|n1048576 tiavf>t
gemini-4-argon-preview|i2 o10 c0.1 e0.014 ybatch*0.5 @2026-12-01 i4 o20 c0.2 e0.014 ybatch*0.25|n1048576
gemini-4-hydrogen|i1.5 o7.5 c0.075 r7.5 e0.014 m1048576 yfast*1.8 yflex*0.5 ybatch*0.5|n1048576 tiavf>t
gemini-embedding-001|i0.15 ybatch*0.5|n2048 t>e d2028-05-14
gemini-embedding-2|i0.2 a6.5 g0.45 ybatch*0.5|n8192 tia>e
gemini-embedding-2-preview|i0.2 a6.5 g0.45 ybatch*0.5|n8192 tia>e d2026-11-06
gemini-exp-1206|i0.3 o2.5 c0.03 a1 r2.5 e0.035 m65535|n1048576 tif>t
gemini-flash-1.5|i0.075 o0.3 c0.01875 t128000 i0.15 o0.6 c0.0375
gemini-flash-1.5-8b|i0.0375 o0.15 c0.01 t128000 i0.075 o0.3 c0.02|n1000000
gemini-gemma-2-27b-it gemini-gemma-2-9b-it|i0.35 o1.05 m8192|n8192 ti>t
gemini-nano-banana-2.1|i1.5 o7.5 G30 e0.014 m32768 ybatch*0.5|n131072 tif>i
gemini-omni-1.1-flash|i1.5 o9 a1.5 r9 m65536|n131072 tiav>t d2026-12-03
gemini-omni-1.2-flash|i1.5 o9 g1.5 r9 m65536|n131072 tiv>ta
gemini-omni-flash-preview|i1.5 o9 a1.5 r9 m65536|n131072 tiav>t d2026-10-22
gemini-pro-1.5|i1.25 o5 c0.3125 t128000 i2.5 o10 c0.625|n2000000
gemini-pro-latest|i2 o12 c0.2 e0.014 m65536 t200000 i4 o18 c0.4 yfast*1.8 yflex i1 o6 c0.2 ybatch*0.5|n1048576 tiavf>t
gemini-robotics-er-2-preview|i1 o5 c0.1 a1 r5 e0.014 m65536 ybatch*0.5 @2027-01-01 i2 o10 c0.2 e0.014 m65536|n131072 tiavf>t
gemini-robotics-er-2-streaming-preview|i1 o5 a1 e0.014 m65536 @2027-01-01 i2 o10 e0.014 m65536|n131072 tiav>t
gemma-2-27b-it|i0.65 o0.65
gemma-4-26b-a4b-it-maas|i0.15 o0.6 c0.015|n262144
imagen-3.0-fast-generate-001|p0.02|t>i
imagen-3.0-generate-001|p0.04|t>i
lyria-3-clip-preview lyria-3.5-clip-preview|p0.04 m8192|n131072 t>ta
lyria-3-pro-preview lyria-3.5-pro-preview|p0.08 m8192|n131072 t>ta
lyria-3.5|p0.08 m65536|n131072 t>ta
lyria-realtime-exp|p0.08 m65536|n1048576 t>ta
nano-banana-pro-preview|i2 o12 G120 e0.014 m32768 yfast*1.8 yflex*0.5 ybatch*0.5|n131072 ti>i
@deepseek
deepseek-chat|i0.28 o0.42 c0.028 m8192|n64000 t>t d2026-07-24
deepseek-chat-v3-0324|i0.27 o1.1 c0.07|n64000
deepseek-coder|i0.14 o0.28 c0.014 m4096|n128000 t>t
deepseek-flash deepseek-v4-flash deepseek-v4-flash-vision-exp|i0.3 o1.2 c0.006 m393216|n1000000 ti>t
deepseek-r1|i0.55 o2.19 c0.14 m8192|n64000 t>t
deepseek-r1-0528|i0.55 o2.19 c0.14|n64000
deepseek-reasoner|i0.28 o0.42 c0.028 m65536|n64000 t>t d2026-07-24
deepseek-v3|i0.27 o1.1 c0.07 m8192|n65536 t>t
deepseek-v3.1-terminus|i0.27 o0.95 c0.13|n128000
deepseek-v3.2|i0.28 o0.4 c0.028 m163840|n128000 t>t
deepseek-v3.2-exp|i0.27 o0.41|n128000
deepseek-v4-pro|i1.32 o3.96 c0.044 m393216|n1000000 t>t
@perplexity
anthropic/claude-fable-5|i10 o50 c1|t>t
anthropic/claude-fable-5-1|i10 o50 c0.25|t>t
anthropic/claude-haiku-4-5|i1 o5 c0.1|t>t
anthropic/claude-haiku-5-5|i0.1 o0.5 c0.01 t100000 i0.5 o2.5 c0.05|t>t
anthropic/claude-opus-4-5 anthropic/claude-opus-4-6 anthropic/claude-opus-4-7 anthropic/claude-opus-4-8 anthropic/claude-opus-5|i5 o25 c0.5|t>t
anthropic/claude-opus-5-5|i4 o20 c0.2|t>t
anthropic/claude-sonnet-4-5 anthropic/claude-sonnet-4-6 perplexity/kimi-k3|i3 o15 c0.3|t>t
anthropic/claude-sonnet-5|i2 o10 c0.2|t>t
anthropic/claude-sonnet-5-5 google/gemini-4-argon|i2 o10 c0.1|t>t
codellama-34b-instruct|i0.35 o1.4 m16384|n16384 t>t
codellama-70b-instruct|i0.7 o2.8 m16384|n16384 t>t
google/gemini-3-flash-preview|i0.5 o3 c0.05|t>t
google/gemini-3.1-flash-lite|i0.25 o1.5 c0.025|t>t
google/gemini-3.1-pro-preview|i2 o12 c0.2 t200000 i4 o18 c0.4|t>t
google/gemini-3.5-flash|i1.5 o9 c0.15|t>t
google/gemini-3.5-flash-lite|i0.3 o2.5 c0.03|t>t
google/gemini-3.6-flash|i1.5 o7.5 c0.15|t>t
google/gemini-3.7-flash google/gemini-3.8-flash|i0.75 o3.75 c0.075|t>t
llama-2-70b-chat pplx-70b-chat|i0.7 o2.8 m4096|n4096 t>t
llama-3.1-70b-instruct|i1 o1 m131072|n131072 t>t
llama-3.1-8b-instruct|i0.2 o0.2 m131072|n131072 t>t
llama-3.1-sonar-large-128k-online|i1 o1
llama-3.1-sonar-small-128k-online|i0.2 o0.2
mistral-7b-instruct mixtral-8x7b-instruct|i0.07 o0.28 m4096|n4096 t>t
openai/gpt-5 openai/gpt-5.1|i1.25 o10 c0.125|t>t
openai/gpt-5-mini|i0.25 o2 c0.025|t>t
openai/gpt-5-nano|i0.05 o0.4 c0.005|t>t
openai/gpt-5.2|i1.75 o14 c0.175|t>t
openai/gpt-5.3-codex|i3.5 o28 c0.35|t>t
openai/gpt-5.4|i2.5 o15 c0.25 t272000 i5 o22.5 c0.25|t>t
openai/gpt-5.4-mini|i0.75 o4.5 c0.075|t>t
openai/gpt-5.4-nano|i0.2 o1.25 c0.02|t>t
openai/gpt-5.5|i5 o30 c0.5 t272000 i10 o45 c1|t>t
openai/gpt-5.6-luna|i0.2 o1.2 c0.02 t272000 i0.4 o1.8 c0.04|t>t
openai/gpt-5.6-sol|i4 o20 c0.4 t272000 i8 o30 c0.8|t>t
openai/gpt-5.6-terra|i2 o12 c0.2 t272000 i4 o18 c0.4|t>t
openai/gpt-6-astra|i10 o50 c1 w12.5 t272000 i20 o75 c2 w12.5|t>t
openai/gpt-6-luna|i0.1 o0.5 c0.01 t272000 i0.2 o0.75 c0.02|t>t
openai/gpt-6-sol|i2 o10 c0.2 t272000 i4 o15 c0.4|t>t
openai/gpt-6.1-sol|i2 o10 c0.1 t272000 i4 o15 c0.2|t>t
perplexity/deepseek-v4-flash-0731|i0.13 o0.26 c0.028|t>t
perplexity/deepseek-v4-pro-0813|i1.32 o3.96 c0.044|t>t
perplexity/glm-5.2|i1.4 o4.4 c0.14|t>t
perplexity/glm-5.3|i1.4 o4.4 c0.26|t>t
perplexity/glm-5.3-flash|i0.15 o0.5 c0.03|t>t
perplexity/kimi-k2.7-code|i0.95 o4 c0.19|t>t
perplexity/nemotron-3-ultra-550b-a55b|i0.25 o2.5 c0.25|t>t
perplexity/nemotron-3.5-lightning-30b-a3b|i0.0115 o0.17 c0.00115|t>t
perplexity/nemotron-3.5-super-120b-a12b|i0.2 o0.5 c0.04|t>t
perplexity/pplx-decider-flash-latest pplx-decider-flash-latest pplx-decider-flash-v1.2|i0.01
perplexity/pplx-decider-latest pplx-decider-latest pplx-decider-v1.2|i0.02
perplexity/sonar|i0.25 o2.5 c0.0625 e0.0025|t>t
pplx-70b-online|o2.8 m4096|n4096 t>t
pplx-7b-chat|i0.07 o0.28 m8192|n8192 t>t
pplx-7b-online|o0.28 m4096|n4096 t>t
pplx-decider-v1-27b pplx-decider-v1.1-27b|i0.02|n262144
pplx-embed-context-v1-0.6b|i0.008|n32768 t>e
pplx-embed-context-v1-4b|i0.05|n32768 t>e
pplx-embed-v1-0.6b|i0.004|n32768 t>e
pplx-embed-v1-4b|i0.03|n32768 t>e
r1-1776|i2 o8
sonar|i1 o1 Q0.005/0.008/0.012 m128000|n128000 t>t
sonar-deep-research|i2 o8 r3 e0.005 Q0.005/0.005/0.005 m128000|n128000 t>t
sonar-medium-chat|i0.6 o1.8 m16384|n16384 t>t
sonar-medium-online|o1.8 m12000|n12000 t>t
sonar-pro|i3 o15 Q0.006/0.01/0.014 m8000|n200000 t>t
sonar-pro-search|i3 o15
sonar-reasoning|i1 o5 Q0.005/0.008/0.014 m128000|n128000 t>t
sonar-reasoning-pro|i2 o8 Q0.006/0.01/0.014 m128000|n128000 t>t
sonar-small-chat|i0.07 o0.28 m16384|n16384 t>t
sonar-small-online|o0.28 m12000|n12000 t>t
xai/grok-4.20-multi-agent xai/grok-4.20-non-reasoning xai/grok-4.20-reasoning xai/grok-4.3|i1.25 o2.5 c0.2 t200000 i2.5 o5 c0.2|t>t
xai/grok-4.5|i2 o6 c0.3 t200000 i4 o12 c0.6|t>t
xai/grok-4.6 xai/grok-4.7|i2 o6 c0.5 t200000 i4 o12 c1|t>t
@cerebras
cerebras/gemma-4-31b cerebras:gemma-4-31b|i0.99 o1.49|n131072
cerebras/gpt-oss-120b cerebras:gpt-oss-120b|i0.35 o0.75|n131072
cerebras/llama-3.3-70b cerebras:llama-3.3-70b|i0.85 o1.2|n128000
cerebras/llama3.1-8b cerebras:llama3.1-8b|i0.1 o0.1|n32768
cerebras/qwen-3-32b cerebras:qwen-3-32b|i0.4 o0.8|n131072
cerebras/qwen-3.8-27b cerebras:qwen-3.8-27b|i0.99 o1.49|n65536
cerebras/zai-glm-4.7 cerebras:zai-glm-4.7 zai-glm-4.7|i2.25 o2.75|n131072
gemma-4-31b|i0.99 o1.49 m40960|n131072 ti>t
gpt-oss-120b|i0.35 o0.75 m32768|n131072 t>t
llama-3.1-70b|i0.6 o0.6 m128000|n128000 t>t
llama-3.1-8b|i0.1 o0.1 m128000|n128000 t>t
llama-3.3-70b|i0.85 o1.2 m128000|n128000 t>t d2026-02-16
llama3.1-8b|i0.1 o0.1 m128000|n32768 t>t d2026-05-27
qwen-3-32b|i0.4 o0.8 m128000|n131072 t>t d2026-02-16
qwen-3.8-27b|i0.99 o1.49 m32768|n65536 ti>t
@cohere
c4ai-aya-expanse-32b|i0.5 o1.5 m4000|n128000 t>t
c4ai-aya-expanse-8b|i0.5 o1.5|n8192
command|i1 o2
command-a command-r-plus|i2.5 o10
command-a-03-2025|i2.5 o10 m8000|n256000 t>t
command-light|i0.3 o0.6|n4096
command-nightly|i1 o2 m4096|n4096 t>t
command-r|i0.15 o0.6
command-r-08-2024|i0.15 o0.6 m4096|n128000 t>t
command-r-plus-08-2024|i2.5 o10 m4096|n128000 t>t
command-r7b|i0.0375 o0.15
command-r7b-12-2024|i0.0375 o0.15 m4096|n128000 t>t
embed-english-light-v3.0 embed-english-v3.0 embed-multilingual-v3.0|i0.1|n512 t>e
embed-multilingual-light-v3.0|i100|n512 t>e
embed-v4.0|i0.12 g0.47|n128000 t>e
embed-v5.0-fast|i0.08|n128000 t>e
embed-v5.0-pro|i0.12|n128000 t>e
@novita
Sao10K/L3-8B-Stheno-v3.2|i0.05 o0.05 m32000|n8192 t>t
baai/bge-m3|i0.01 o0.01 m96000|n8192 t>e
baichuan/baichuan-m2-32b|i0.07 o0.07 m131072|n131072 t>t
baidu/cobuddy|i0.28 o1.13 c0.07 m65536|n131072 t>t
baidu/ernie-4.5-21B-a3b|i0.07 o0.28 m8000|n120000 t>t
baidu/ernie-4.5-21B-a3b-thinking|i0.07 o0.28 m65536|n131072 t>t
baidu/ernie-4.5-300b-a47b-paddle|i0.28 o1.1 m12000|n123000 t>t
baidu/ernie-4.5-vl-28b-a3b|i0.14 o0.56 m8000|n30000 ti>t
baidu/ernie-4.5-vl-28b-a3b-thinking|i0.39 o0.39 m65536|n131072 ti>t
baidu/ernie-4.5-vl-424b-a47b|i0.42 o1.25 m16000|n123000 ti>t
cognitivecomputations/dolphin-mixtral-8x22b|i0.9 o0.9
deepseek/deepseek-ocr deepseek/deepseek-ocr-2|i0.03 o0.03 m8192|n8192 ti>t
deepseek/deepseek-prover-v2-671b|i0.7 o2.5 m160000|n160000 t>t
deepseek/deepseek-r1|i4 o4 m16000|n64000 t>t
deepseek/deepseek-r1-0528|i0.7 o2.5 c0.35 m32768|n163840 t>t
deepseek/deepseek-r1-0528-qwen3-8b|i0.06 o0.09 m32000|n128000 t>t
deepseek/deepseek-r1-distill-llama-70b|i0.8 o0.8 m8192|n8192 t>t
deepseek/deepseek-r1-distill-llama-8b|i0.04 o0.04
deepseek/deepseek-r1-distill-qwen-14b|i0.15 o0.15 m16384|n32768 t>t
deepseek/deepseek-r1-distill-qwen-32b|i0.3 o0.3 m32000|n64000 t>t
deepseek/deepseek-r1-turbo|i0.7 o2.5 m16000|n64000 t>t
deepseek/deepseek-r1/community|i4 o4 m8000|n64000 t>t
deepseek/deepseek-v3-0324|i0.27 o1.12 c0.135 m65536|n163840 t>t
deepseek/deepseek-v3-turbo|i0.4 o1.3 m16000|n64000 t>t
deepseek/deepseek-v3.1 deepseek/deepseek-v3.1-terminus|i0.27 o1 c0.135 m32768|n131072 t>t
deepseek/deepseek-v3.2|i0.269 o0.4 c0.1345 m65536|n163840 t>t
deepseek/deepseek-v3.2-exp|i0.27 o0.41 m65536|n163840 t>t
deepseek/deepseek-v3/community|i0.89 o0.89 m8000|n64000 t>t
deepseek/deepseek-v4-flash|i0.14 o0.28 c0.028 m393216|n1048576 t>t
deepseek/deepseek-v4-flash-0731|i0.44 o1.32 c0.028 m393216|n1048576 t>t
deepseek/deepseek-v4-flash-0731-p|i0.44 o1.32 c0.0148|n1048576
deepseek/deepseek-v4-flash-vision-exp|i0.44 o1.32 c0.028 m393216|n1048576 ti>t
deepseek/deepseek-v4-pro|i1.6 o3.2 c0.135 m393216|n1048576 t>t
deepseek/deepseek-v4-pro-0813|i1.32 o3.96 c0.044 m393216|n1048576 t>t
deepseek/deepseek-v4-pro-0813-p|i1.32 o3.96 c0.044|n1048576
deepseek/deepseek-v4.1-flash deepseek/deepseek-v4.1-flash-1017 deepseek/deepseek-v4.1-flash-dst deepseek/deepseek-v4.1-flash-p|i0.3 o1.2 c0.006|n1048576
deepseek/deepseek_v3|i0.89 o0.89 m16000|n64000 t>t
google/gemma-2-9b-it|i0.08 o0.08
google/gemma-3-12b-it|i0.05 o0.1 m8192|n131072 ti>t
google/gemma-3-27b-it|i0.119 o0.2 m16384|n98304 ti>t
google/gemma-4-26b-a4b-it|i0.13 o0.4 m131072|n262144 ti>t
google/gemma-4-31b-it|i0.14 o0.4 m131072|n262144 ti>t
gryphe/mythomax-l2-13b|i0.09 o0.09 m3200|n4096 t>t
inclusionai/ling-3.0-flash inclusionai/ling-3.0-flash-fast|i0.06 o0.18 c0.012 m32768|n262144 t>t
inclusionai/ling-3.0-flash-fin inclusionai/ling-3.0-flash-sante inclusionai/ling-3.0-flash-vl|i0.075 o0.22 c0.015|n262144
inclusionai/ling-3.1-flash|i0.3 o0.9 c0.06|n262144
jondurbin/airoboros-l2-70b|i0.5 o0.5
kwaipilot/kat-coder-pro|i0.3 o1.2 c0.06 m128000|n256000 t>t
meta-llama/llama-3-70b-instruct|i0.51 o0.74 m8000|n8192 t>t
meta-llama/llama-3-8b-instruct|i0.04 o0.04 m8192|n8192 t>t
meta-llama/llama-3.1-70b-instruct|i0.34 o0.39
meta-llama/llama-3.1-8b-instruct|i0.02 o0.05 m16384|n16384 t>t
meta-llama/llama-3.1-8b-instruct-bf16 meta-llama/llama-3.2-11b-vision-instruct|i0.06 o0.06
meta-llama/llama-3.1-8b-instruct-max|i0.02 o0.05|n16384
meta-llama/llama-3.2-1b-instruct|i0.02 o0.02 m32000|n131000 t>t
meta-llama/llama-3.2-3b-instruct|i0.03 o0.05 m32000|n32768 t>t
meta-llama/llama-3.3-70b-instruct|i0.135 o0.4 m12288|n12288 t>t
meta-llama/llama-4-maverick-17b-128e-instruct-fp8|i0.27 o0.85 m8192|n1048576 ti>t
meta-llama/llama-4-scout-17b-16e-instruct|i0.18 o0.59 m131072|n131072 ti>t
microsoft/wizardlm-2-8x22b|i0.62 o0.62 m8000|n65535 t>t
mindai/macaron-v1-tall|i0.2475 o1.43 c0.044 m32768|n262144 t>t
mindai/macaron-v1-venti|i0.825 o2.475 c0.165 m131072|n1048576 t>t
ming-image-0.1-design ming-image-0.1-design-layer|i1 o1
minimax/minimax-m2 minimax/minimax-m2.1|i0.3 o1.2 c0.03 m131072|n204800 t>t
minimax/minimax-m2.5|i0.3 o1.2 c0.03 m131100|n204800 t>t
minimax/minimax-m2.5-highspeed|i0.6 o2.4 c0.03 m131100|n204800 t>t
minimax/minimax-m2.7|i0.3 o1.2 c0.06 m131072|n204800 t>t
minimax/minimax-m2.7-highspeed|i0.6 o2.4 c0.06 m131072|n204800 t>t
minimax/minimax-m3|i0.3 o1.2 c0.06 m131072 t524288 i0.6 o2.4 c0.12|n1000000 ti>t
minimax/minimax-m3.1-flash|i0.15 o0.6 c0.015|n1000000
minimaxai/minimax-m1-80k|i0.55 o2.2 m40000|n1000000 t>t
mistralai/mistral-7b-instruct|i0.059 o0.059
mistralai/mistral-nemo|i0.04 o0.17 m16000|n60288 t>t
moonshotai/kimi-k2-0905|i0.6 o2.5 m100352|n262144 t>t
moonshotai/kimi-k2-instruct|i0.57 o2.3 m100352|n131072 t>t
moonshotai/kimi-k2-thinking|i0.6 o2.5 c0.15 m100352|n262144 t>t
moonshotai/kimi-k2.5|i0.6 o3 c0.1 m262144|n262144 ti>t
moonshotai/kimi-k2.6|i0.8 o3.4 c0.16 m262144|n262144 ti>t
moonshotai/kimi-k2.7-code|i0.95 o4 c0.19 m262144|n262144 ti>t
moonshotai/kimi-k3|i3 o15 c0.3 m1048576|n1048576 ti>t
moonshotai/kimi-k3-p|i3 o15 c0.3|n1048576
moonshotai/kimi-k3.1-pro|i2 o10 c0.2|n1048576
moonshotai/kimi-k3.1-pro-highspeed|i4 o20 c0.2|n1048576
nousresearch/hermes-2-pro-llama-3-8b|i0.14 o0.14 m8192|n8192 t>t
nousresearch/nous-hermes-llama2-13b teknium/openhermes-2.5-mistral-7b|i0.17 o0.17|n4096
nvidia/nemotron-3-nano-30b-a3b|i0.05 o0.2 m32768|n262144 t>t
openai/gpt-oss-120b|i0.05 o0.25 m32768|n131072 t>t
openai/gpt-oss-20b|i0.04 o0.15 m32768|n131072 t>t
openchat/openchat-7b|i0.06 o0.06|n4096
paddlepaddle/paddleocr-vl|i0.02 o0.02 m16384|n16384 ti>t
qwen/qwen-2-7b-instruct|i0.054 o0.054|n32768
qwen/qwen-2-vl-72b-instruct|i0.45 o0.45|n32768
qwen/qwen-2.5-72b-instruct|i0.38 o0.4 m8192|n32000 t>t
qwen/qwen-mt-plus|i0.25 o0.75 m8192|n16384 t>t
qwen/qwen2.5-7b-instruct|i0.07 o0.07 m8192|n32000 t>t
qwen/qwen2.5-vl-72b-instruct|i0.8 o0.8 m32768|n32768 ti>t
qwen/qwen3-235b-a22b-fp8|i0.2 o0.8 m20000|n40960 t>t
qwen/qwen3-235b-a22b-instruct-2507|i0.09 o0.58 m16384|n131072 t>t
qwen/qwen3-235b-a22b-thinking-2507|i0.3 o3 m32768|n131072 t>t
qwen/qwen3-30b-a3b-fp8|i0.09 o0.45 m20000|n40960 t>t
qwen/qwen3-32b-fp8|i0.1 o0.45 m20000|n40960 t>t
qwen/qwen3-4b-fp8|i0.03 o0.03 m8192|n128000 t>t
qwen/qwen3-8b-fp8|i0.035 o0.138 m20000|n128000 t>t
qwen/qwen3-coder-30b-a3b-instruct|i0.07 o0.27 m32768|n160000 t>t
qwen/qwen3-coder-480b-a35b-instruct|i0.38 o1.55 m65536|n262144 t>t
qwen/qwen3-coder-next|i0.2 o1.5 m65536|n262144 t>t
qwen/qwen3-embedding-0.6b|i0.07 m32768|n32768 t>e
qwen/qwen3-embedding-8b|i0.07 m4096|n32768 t>e
qwen/qwen3-max|i2.11 o8.45 m65536|n262144 t>t
qwen/qwen3-next-80b-a3b-instruct qwen/qwen3-next-80b-a3b-thinking|i0.15 o1.5 m32768|n131072 t>t
qwen/qwen3-omni-30b-a3b-instruct|i0.25 o0.97 m16384|n65536 tia>ta
qwen/qwen3-omni-30b-a3b-thinking|i0.25 o0.97 m16384|n65536 tia>t
qwen/qwen3-vl-235b-a22b-instruct|i0.3 o1.5 m32768|n131072 ti>t
qwen/qwen3-vl-235b-a22b-thinking|i0.98 o3.95 m32768|n131072 ti>t
qwen/qwen3-vl-30b-a3b-instruct|i0.2 o0.7 m32768|n131072 ti>t
qwen/qwen3-vl-30b-a3b-thinking|i0.2 o1 m32768|n131072 ti>t
qwen/qwen3-vl-8b-instruct|i0.08 o0.5 m32768|n131072 ti>t
qwen/qwen3.5-122b-a10b|i0.4 o3.2 m65536|n262144 ti>t
qwen/qwen3.5-27b|i0.3 o2.4 m65536|n262144 ti>t
qwen/qwen3.5-35b-a3b|i0.25 o2 m65536|n262144 ti>t
qwen/qwen3.5-397b-a17b qwen/qwen3.6-27b|i0.6 o3.6 m65536|n262144 ti>t
qwen/qwen3.6-35b-a3b|i0.248 o1.485 m65536|n262144 ti>t
qwen/qwen3.7-max|i1.25 o3.75 c0.25 m65536|n1000000 t>t
qwen/qwen3.8-2.4t-a95b|i2 o6 c0.25|n1000000
qwen/qwen3.8-27b|i0.42 o3 c0.085|n1000000
qwen/qwen3.8-flash|i0.15 o0.47 c0.016|n1000000
qwen/qwen3.8-max|i2 o6 c0.25 m131072|n1000000 ti>t
sao10k/l3-70b-euryale-v2.1 sao10k/l31-70b-euryale-v2.2|i1.48 o1.48 m8192|n8192 t>t
sao10k/l3-8b-lunaris|i0.05 o0.05 m8192|n8192 t>t
skywork/r1v4-lite|i0.2 o0.6 m65536|n262144 ti>t
sophosympatheia/midnight-rose-70b|i0.8 o0.8
stepfun/step-3.7-flash|i0.2 o1.15 c0.04 m256000|n262144 ti>t
stepfun/step-5-preview|i1 o2.7 c0.1|n1000000
tencent/hy3|i0.14 o0.58 c0.035 m262144|n262144 t>t
tencent/hy4|i0.417 o1.2505 c0.021|n1000000
tencent/hy4-preview|i0.834 o2.501 c0.042|n1000000
thudm/glm-4-32b-0414|i0.55 o1.66 m32000|n32000 t>t
xiaomimimo/mimo-v2-flash|i0.11 o0.33 c0.024 m32000|n262144 t>t
xiaomimimo/mimo-v2.5|i0.168 o0.336 c0.0034 m131072|n1048576 ti>t
xiaomimimo/mimo-v2.5-pro|i0.522 o1.044 c0.0043 m131072|n1048576 t>t
xiaomimimo/mimo-v2.6-flash|i0.14 o0.28 c0.0028|n1048576
xiaomimimo/mimo-v2.6-pro|i0.435 o0.87 c0.0036|n1048576
zai-org/autoglm-phone-9b-multilingual|i0.035 o0.138 m65536|n65536 ti>t
zai-org/glm-4.5|i0.6 o2.2 c0.11 m98304|n131072 t>t
zai-org/glm-4.5-air|i0.13 o0.85 c0.025 m98304|n131072 t>t
zai-org/glm-4.5v|i0.6 o1.8 c0.11 m16384|n65536 ti>t
zai-org/glm-4.6|i0.55 o2.2 c0.11 m131072|n204800 t>t
zai-org/glm-4.6v|i0.3 o0.9 c0.055 m32768|n131072 ti>t
zai-org/glm-4.7 zai-org/glm-4.7-h|i0.6 o2.2 c0.11 m131072|n204800 t>t
zai-org/glm-4.7-flash|i0.07 o0.4 c0.01 m128000|n200000 t>t
zai-org/glm-5|i1 o3.2 c0.2 m131072|n202800 t>t
zai-org/glm-5-turbo|i1.2 o4 c0.24 m131072|n202800 t>t
zai-org/glm-5.1|i1.38 o4.4 c0.26 m131072|n204800 t>t
zai-org/glm-5.2 zai-org/glm-5.3|i1.4 o4.4 c0.26 m131072|n1048576 t>t
zai-org/glm-5.3-flash|i0.15 o0.5 c0.03|n1048576
zai-org/glm-5.3-flashX|i0.37 o1.25 c0.075|n1048576
zai-org/glm-5.3-p|i1.4 o4.4 c0.26|n1048576
zai-org/glm-5v-turbo|i1.2 o4 c0.24 m131072|n204800 ti>t
@moonshot
kimi-k2|i0.57 o2.3
kimi-k2-0711-preview|i0.6 o2.5 c0.15|n131072
kimi-k2-0905-preview kimi-k2-thinking|i0.6 o2.5 c0.15|n262144
kimi-k2-thinking-turbo kimi-k2-turbo kimi-k2-turbo-preview|i1.15 o8 c0.15|n262144
kimi-k2.5|i0.6 o3 c0.1 m262144|n262144 tiv>t d2026-08-31
kimi-k2.6|i0.95 o4 c0.16 m262144|n262144 tiv>t
kimi-k2.7-code|i0.95 o4 c0.19 m262144|n262144 tiv>t
kimi-k2.7-code-highspeed|i1.9 o8 c0.38|n262144
kimi-k3|i3 o15 c0.3 w3 W6 m1048576|n1048576 tiv>t
kimi-k3.1-pro|i2 o10 c0.2 w2 W4 m1048576|n1048576 ti>t
kimi-k3.1-pro-highspeed|i4 o20 c0.2 w4 W8 m1048576|n1048576 ti>t
moonshot-v1-128k moonshot-v1-auto|i2 o5 m131072|n131072 t>t d2026-08-31
moonshot-v1-128k-vision-preview|i2 o5 m131072|n131072 ti>t d2026-08-31
moonshot-v1-32k|i1 o3 m32768|n32768 t>t d2026-08-31
moonshot-v1-32k-vision-preview|i1 o3 m32768|n32768 ti>t d2026-08-31
moonshot-v1-8k|i0.2 o2 m8192|n8192 t>t d2026-08-31
moonshot-v1-8k-vision-preview|i0.2 o2 m8192|n8192 ti>t d2026-08-31
@zai
GLM-4-32B-0414-128K|i0.1 o0.1
GLM-4.5 GLM-4.6 GLM-4.7|i0.6 o2.2 c0.11
GLM-4.5-Air|i0.2 o1.1 c0.03
GLM-4.5-AirX|i1.1 o4.5 c0.22
GLM-4.5-X|i2.2 o8.9 c0.45
GLM-4.5V|i0.6 o1.8 c0.11
GLM-4.6V glm-4.6v|i0.3 o0.9 c0.05|n128000
GLM-4.6V-FlashX glm-4.6v-flashx|i0.04 o0.4 c0.004
GLM-4.7-FlashX glm-4.7-flashx|i0.07 o0.4 c0.01
GLM-5|i1 o3.2 c0.2
GLM-5.1|i1.4 o4.4 c0.26
GLM-5.2 GLM-5.3|i1.4 o4.4 c0.26|n1000000
GLM-5.3-Flash|i0.15 o0.5 c0.03|n1000000
GLM-5.3-FlashX GLM-5.3-FlashX-Legal glm-5.3-flashx glm-5.3-flashx-legal|i0.37 o1.25 c0.075
GLM-OCR glm-ocr|i0.03 o0.03
glm-4-32b-0414-128k|i0.1 o0.1 m32000|n128000 t>t
glm-4.5|i0.6 o2.2 c0.11 m32000|n128000 t>t
glm-4.5-air|i0.2 o1.1 c0.03 m32000|n128000 t>t
glm-4.5-airx|i1.1 o4.5 c0.22 m32000|n128000 t>t
glm-4.5-x|i2.2 o8.9 c0.45 m32000|n128000 t>t
glm-4.5v|i0.6 o1.8 c0.11 m32000|n128000 ti>t
glm-4.6 glm-4.7|i0.6 o2.2 c0.11 m128000|n200000 t>t
glm-5|i1 o3.2 c0.2 m128000|n200000 t>t
glm-5-code|i1.2 o5 c0.3 m128000|n200000 t>t
glm-5.1|i1.4 o4.4 c0.26 m128000|n200000 t>t
glm-5.2 glm-5.3|i1.4 o4.4 c0.26 m128000|n1000000 t>t
glm-5.3-flash|i0.15 o0.5 c0.03 m128000|n1000000 ti>t
glm-5v-turbo|i1.2 o4 c0.24 m128000|n200000 ti>t
@bigmodel
GLM-4-Air glm-4-air|i0.069 o0.069 c0.034|n128000
GLM-4-AirX glm-4-airx|i1.379 o1.379|n8000
GLM-4-Assistant glm-4-assistant|i0.69 o0.69|n128000
GLM-4-FlashX-250414 glm-4-flashx-250414|i0.014 o0.014 c0.007|n128000
GLM-4-Long glm-4-long|i0.138 o0.138 c0.069|n1000000
GLM-4-Plus glm-4-plus|i0.69 o0.69 c0.345|n128000
GLM-4.5-Air glm-4.5-air|i0.11 o0.276 c0.022|n128000
GLM-4.7 glm-4.7|i0.276 o1.103 c0.055|n200000
GLM-4.7-FlashX glm-4.7-flashx|i0.069 o0.414 c0.014|n200000
GLM-5 glm-5|i0.552 o2.483 c0.138|n200000
GLM-5-Turbo glm-5-turbo|i0.69 o3.034 c0.166|n200000
GLM-5.1 GLM-5.1-20260406 glm-5.1 glm-5.1-20260406|i0.828 o3.31 c0.179|n200000
GLM-5.2 GLM-5.3 glm-5.2|i1.103 o3.862 c0.276|n1000000
GLM-5.3-Flash|i0.11 o0.386 c0.032|n1000000
glm-5.3|i1.142857 o4 c0.285714 m128000|n1000000 t>t
glm-5.3-flash|i0.114286 o0.4 c0.032857 m128000|n1000000 tiv>t
glm-5.3-flashx|i0.285714 o1 c0.081429 m128000|n1000000 tiv>t
@minimax
M2-her m2-her|i0.3 o1.2|n64000
MiniMax-M2 MiniMax-M2.1 MiniMax-M2.5|i0.3 o1.2 c0.03 w0.375 m8192|n204800 t>t
MiniMax-M2.1-highspeed MiniMax-M2.5-highspeed|i0.6 o2.4 c0.03 w0.975|n204800
MiniMax-M2.1-lightning MiniMax-M2.5-lightning|i0.3 o2.4 c0.03 w0.375 m8192|n1000000 t>t
MiniMax-M2.7 minimax-m2.7|i0.3 o1.2 c0.06 w0.375|n204800
MiniMax-M2.7-highspeed|i0.6 o2.4 c0.06 w0.975|n204800
MiniMax-M3|i0.3 o1.2 c0.06 m128000 t512000 i0.6 o2.4 c0.12|n1000000 ti>t
MiniMax-M3.1-Flash minimax-m3.1-flash|i0.15 o0.6 c0.015|n1000000
minimax-01|i0.2 o1.1|n1000192
minimax-m1|i0.4 o2.2
minimax-m2 minimax-m2.1 minimax-m2.5|i0.3 o1.2 c0.03 w0.375|n204800
minimax-m3|i0.3 o1.2 c0.06 t512000 i0.6 o2.4 c0.12|n1000000
speech-02-hd speech-2.6-hd|k100|t>a
speech-02-turbo speech-2.6-turbo|k60|t>a
@dashscope
deepseek-v4-flash deepseek-v4-flash-0731|i0.2 o0.4 c0.04 m393216|n1000000 t>t
deepseek-v4-pro|i2.4 o4.8 c0.2 m393216|n1000000 t>t
glm-5.1|i1.4 o4.4 c0.26 m131072|n202745 t>t
glm-5.2|i1.4 o4.4 c0.28 m131072|n1048576 t>t
kimi-k2.7-code|i0.95 o4 c0.19 m16384|n229376 ti>t
qwen-audio-3.0-tts-flash|k15|t>a
qwen-audio-3.0-tts-plus|k20|t>a
qwen-audio-3.1-tts-flash|i0.23 o1.87|t>a
qwen-audio-3.1-tts-plus|k30|t>a
qwen-coder|i0.3 o1.5 m16384|n1000000 t>t
qwen-flash qwen-flash-2025-07-28|i0.05 o0.4 m32768 t256000 i0.25 o2|n997952 t>t
qwen-image-2.0|p0.035|t>i
qwen-image-2.0-pro|p0.075|t>i
qwen-image-3.0|p0.03|t>i
qwen-max|i1.6 o6.4 m8192|n30720 t>t
qwen-plus|i0.4 o1.2 m16384|n129024 t>t
qwen-plus-2025-01-25|i0.4 o1.2 m8192|n129024 t>t
qwen-plus-2025-04-28 qwen-plus-2025-07-14|i0.4 o1.2 r4 m16384|n129024 t>t
qwen-plus-2025-07-28 qwen-plus-2025-09-11 qwen-plus-latest|i0.4 o1.2 r4 m32768 t256000 i1.2 o3.6 r12|n997952 t>t
qwen-turbo|i0.05 o0.2 r0.5 m16384|n129024 t>t
qwen-turbo-2024-11-01|i0.05 o0.2 m8192|n1000000 t>t
qwen-turbo-2025-04-28 qwen-turbo-latest|i0.05 o0.2 r0.5 m16384|n1000000 t>t
qwen3-coder-flash|i0.3 o1.5 c0.08 m65536 t256000 i1.6 o9.6 c0.4 t128000 i0.8 o4 c0.2 t32000 i0.5 o2.5 c0.12|n997952 t>t
qwen3-coder-flash-2025-07-28|i0.3 o1.5 m65536 t256000 i1.6 o9.6 t128000 i0.8 o4 t32000 i0.5 o2.5|n997952 t>t
qwen3-coder-plus|i1 o5 c0.1 m65536 t256000 i6 o60 c0.6 t128000 i3 o15 c0.3 t32000 i1.8 o9 c0.18|n997952 t>t
qwen3-coder-plus-2025-07-22|i1 o5 m65536 t256000 i6 o60 t128000 i3 o15 t32000 i1.8 o9|n997952 t>t
qwen3-max qwen3-max-2026-01-23 qwen3-max-preview|i1.2 o6 m65536 t128000 i3 o15 t32000 i2.4 o12|n258048 t>t
qwen3-next-80b-a3b-instruct qwen3-next-80b-a3b-thinking|i0.15 o1.2 m65536|n262144 t>t
qwen3-tts-flash|k10|t>a
qwen3-vl-235b-a22b-instruct|i0.4 o1.6 m32768|n131072 ti>t
qwen3-vl-235b-a22b-thinking|i0.4 o4 m32768|n131072 ti>t
qwen3-vl-32b-instruct|i0.16 o0.64 m32768|n131072 ti>t
qwen3-vl-32b-thinking|i0.16 o2.87 m32768|n131072 ti>t
qwen3-vl-plus|i0.2 o1.6 m32768 t128000 i0.6 o4.8 t32000 i0.3 o2.4|n260096 ti>t
qwen3.5-plus|i0.4 o2.4 m65536 t256000 i0.5 o3|n991808 ti>t
qwen3.7-max|i2.5 o7.5 c0.5 w3.125 m65536|n991808 t>t
qwen3.7-plus|i0.4 o1.6 c0.08 m65536 t256000 i1.2 o4.8 c0.24|n991808 ti>t
qwen3.8-flash|i0.15 o0.47 c0.016 w0.2 m131072|n991808 tiv>t
qwen3.8-max|i2 o6 c0.25 m131072|n991808 ti>t
qwen3.8-omni-flash|i0.15 o0.47 c0.016 m131072|n991808 tiav>t
qwq-plus|i0.8 o2.4 m8192|n98304 t>t
@volcengine
doubao-seed-2-0-code-preview-260215 doubao-seed-2-0-pro-260215|i0.46 o2.3 m128000 t128000 i1.4 o7 t32000 i0.7 o3.5|n256000 ti>t
doubao-seed-2-0-lite-260215|i0.087 o0.52 m128000 t128000 i0.26 o1.6 t32000 i0.13 o0.78|n256000 ti>t
doubao-seed-2-0-mini-260215|i0.029 o0.29 m128000 t128000 i0.12 o1.2 t32000 i0.058 o0.58|n256000 ti>t
doubao-seed-2-1-lite-260915|i0.115 o0.388126 c0.023 a1.725 m256000|n1024000 tia>t
doubao-seed-2-1-pro-260628|i0.8625 o4.3125 c0.1725 m256000|n256000 ti>t
doubao-seed-2-1-pro-260915|i0.8625 o4.3125 c0.1725 m256000|n1024000 ti>t
doubao-seed-2-1-turbo-260628|i0.43125 o2.15625 c0.08625 m256000|n256000 ti>t
@openrouter
01-ai/yi-large anthracite-org/magnum-v2-72b sao10k/l3.1-70b-hanami-x1|i3 o3
aetherwiing/mn-starcannon-12b alfredpros/codellama-7b-instruct-solidity eleutherai/llemma_7b infermatic/mn-inferor-12b nothingiisreal/mn-celeste-12b sao10k/fimbulvetr-11b-v2|i0.8 o1.2
agentica-org/deepcoder-14b-preview:free allenai/molmo-7b-d:free arliai/qwq-32b-arliai-rpr-v1:free bytedance-research/ui-tars-72b:free cognitivecomputations/dolphin-mistral-24b-venice-edition:free cognitivecomputations/dolphin3.0-mistral-24b:free cognitivecomputations/dolphin3.0-r1-mistral-24b:free deepseek/deepseek-chat-v3-0324:free deepseek/deepseek-chat:free deepseek/deepseek-r1-distill-llama-70b:free deepseek/deepseek-r1-distill-qwen-14b:free deepseek/deepseek-r1-distill-qwen-32b:free deepseek/deepseek-r1-zero:free deepseek/deepseek-r1:free deepseek/deepseek-v3-base:free featherless/qwerky-72b:free google/gemini-2.0-flash-exp:free google/gemini-2.0-flash-thinking-exp-1219:free google/gemini-2.0-flash-thinking-exp:free google/gemini-2.5-pro-exp-03-25:free google/gemma-2-9b-it:free google/gemma-3-12b-it:free google/gemma-3-1b-it:free google/gemma-3-27b-it:free google/gemma-3-4b-it:free google/learnlm-1.5-pro-experimental:free huggingfaceh4/zephyr-7b-beta:free liquid/lfm-2.5-1.2b-instruct:free liquid/lfm-2.5-1.2b-thinking:free meta-llama/llama-3.1-405b:free meta-llama/llama-3.1-8b-instruct:free meta-llama/llama-3.2-11b-vision-instruct:free meta-llama/llama-3.2-1b-instruct:free meta-llama/llama-3.2-3b-instruct:free meta-llama/llama-3.3-70b-instruct:free meta-llama/llama-4-maverick:free meta-llama/llama-4-scout:free mistralai/mistral-7b-instruct:free mistralai/mistral-nemo:free mistralai/mistral-small-24b-instruct-2501:free mistralai/mistral-small-3.1-24b-instruct:free moonshotai/kimi-k2.6:free moonshotai/kimi-vl-a3b-thinking:free moonshotai/moonlight-16b-a3b-instruct:free nex-agi/nex-n2-pro:free nousresearch/deephermes-3-llama-3-8b-preview:free nousresearch/hermes-3-llama-3.1-405b:free nvidia/llama-3.1-nemotron-70b-instruct:free nvidia/llama-3.1-nemotron-nano-8b-v1:free nvidia/llama-3.1-nemotron-ultra-253b-v1:free nvidia/llama-3.3-nemotron-super-49b-v1:free nvidia/nemotron-3-nano-30b-a3b:free nvidia/nemotron-nano-12b-v2-vl:free nvidia/nemotron-nano-9b-v2:free open-r1/olympiccoder-32b:free open-r1/olympiccoder-7b:free openai/gpt-oss-120b:free openai/gpt-oss-20b:free poolside/laguna-m.1:free poolside/laguna-xs.2:free qwen/qwen-2.5-72b-instruct:free qwen/qwen-2.5-7b-instruct:free qwen/qwen-2.5-coder-32b-instruct:free qwen/qwen-2.5-vl-7b-instruct:free qwen/qwen2.5-vl-32b-instruct:free qwen/qwen2.5-vl-3b-instruct:free qwen/qwen2.5-vl-72b-instruct:free qwen/qwen3-coder:free qwen/qwen3-next-80b-a3b-instruct:free qwen/qwq-32b-preview:free qwen/qwq-32b:free rekaai/reka-flash-3:free shisa-ai/shisa-v2-llama3.3-70b:free sophosympatheia/rogue-rose-103b-v0.2:free thudm/glm-4-32b:free thudm/glm-z1-32b:free|
ai21/jamba-1-5-large ai21/jamba-1.6-large ai21/jamba-large-1.7 perplexity/r1-1776|i2 o8
ai21/jamba-1-5-mini ai21/jamba-1.6-mini|i0.2 o0.4
ai21/jamba-instruct|i0.5 o0.7
aion-labs/aion-1.0|i4 o8
aion-labs/aion-1.0-mini|i0.7 o1.4
aion-labs/aion-2.0 aion-labs/aion-2.0-20260223|i0.8 o1.6 c0.2|n131072
aion-labs/aion-3.0 aion-labs/aion-3.0-20260707|i3 o6 c0.75|n131072
aion-labs/aion-3.0-mini aion-labs/aion-3.0-mini-20260707|i0.7 o1.4 c0.18|n131072
aion-labs/aion-3.5 aion-labs/aion-3.5-20260923|i3 o6 c0.75|n262144
aion-labs/aion-3.5-mini aion-labs/aion-3.5-mini-20260923|i0.7 o1.4 c0.18|n262144
aion-labs/aion-rp-llama-3.1-8b|i0.8 o1.6|n32768
all-hands/openhands-lm-32b-v0.1 eva-unit-01/eva-qwen-2.5-32b|i2.6 o3.4
allenai/olmo-3-32b-think|i0.15 o0.5|n65536
alpindale/goliath-120b|i6.5625 o9.375
alpindale/magnum-72b neversleep/llama-3.1-lumimaid-70b|i1.5 o2.25
amazon/nova-2-lite-v1|i0.3 o2.5|n1000000
amazon/nova-lite-v1|i0.06 o0.24|n300000
amazon/nova-micro-v1|i0.035 o0.14|n128000
amazon/nova-premier-v1|i2.5 o12.5 c0.625|n1000000
amazon/nova-pro-v1|i0.8 o3.2|n300000
anthracite-org/magnum-v4-72b|i2.5 o5|n32768
anthropic/claude-2 anthropic/claude-2.0 anthropic/claude-2.0:beta anthropic/claude-2.1 anthropic/claude-2.1:beta anthropic/claude-2:beta|i8 o24
anthropic/claude-3-haiku anthropic/claude-3-haiku:beta|i0.25 o1.25|n200000
anthropic/claude-3-opus anthropic/claude-3-opus:beta|i15 o75
anthropic/claude-3-sonnet anthropic/claude-3-sonnet:beta anthropic/claude-3.5-sonnet anthropic/claude-3.5-sonnet-20240620 anthropic/claude-3.5-sonnet-20240620:beta anthropic/claude-3.5-sonnet:beta anthropic/claude-3.7-sonnet anthropic/claude-3.7-sonnet:beta anthropic/claude-3.7-sonnet:thinking cohere/command-r-plus cohere/command-r-plus-04-2024 x-ai/grok-3-beta|i3 o15
anthropic/claude-3.5-haiku anthropic/claude-3.5-haiku-20241022 anthropic/claude-3.5-haiku-20241022:beta anthropic/claude-3.5-haiku:beta|i0.8 o4
anthropic/claude-4.1-opus-20250805 anthropic/claude-opus-4 anthropic/claude-opus-4.1|i15 o75 c1.5 w18.75|n200000
anthropic/claude-4.5-haiku-20251001 anthropic/claude-4.5-haiku-20251001:beta anthropic/claude-haiku-4.5 anthropic/claude-haiku-4.5-20251001 anthropic/claude-haiku-4.5-20251001:beta anthropic/claude-haiku-4.5:beta|i1 o5 c0.1 w1.25|n200000
anthropic/claude-4.5-opus-20251124 anthropic/claude-4.5-opus-20251124:beta anthropic/claude-opus-4.5 anthropic/claude-opus-4.5-20251124 anthropic/claude-opus-4.5-20251124:beta anthropic/claude-opus-4.5:beta|i5 o25 c0.5 w6.25|n200000
anthropic/claude-4.5-sonnet-20250929 anthropic/claude-4.5-sonnet-20250929:beta anthropic/claude-sonnet-4.5 anthropic/claude-sonnet-4.5-20250929 anthropic/claude-sonnet-4.5-20250929:beta anthropic/claude-sonnet-4.5:beta|i3 o15 c0.3 w3.75 t200000 i6 o22.5 c0.6 w7.5|n1000000
anthropic/claude-4.6-opus-20260205 anthropic/claude-4.6-opus-20260205:beta anthropic/claude-4.7-opus-20260416 anthropic/claude-4.8-opus-20260528 anthropic/claude-fable-5:batch anthropic/claude-opus-4.6 anthropic/claude-opus-4.6-20260205 anthropic/claude-opus-4.6-20260205:beta anthropic/claude-opus-4.6:beta anthropic/claude-opus-4.7 anthropic/claude-opus-4.7:beta anthropic/claude-opus-4.8 anthropic/claude-opus-4.8:beta anthropic/claude-opus-5 anthropic/claude-opus-5-20260723 anthropic/claude-opus-5:beta|i5 o25 c0.5 w6.25|n1000000
anthropic/claude-4.6-sonnet-20260217 anthropic/claude-4.6-sonnet-20260217:beta anthropic/claude-sonnet-4.6 anthropic/claude-sonnet-4.6-20260217 anthropic/claude-sonnet-4.6-20260217:beta anthropic/claude-sonnet-4.6:beta|i3 o15 c0.3 w3.75|n1000000
anthropic/claude-5-fable-20260609 anthropic/claude-fable-5 anthropic/claude-fable-5:beta anthropic/claude-opus-4.8-fast anthropic/claude-opus-5-fast|i10 o50 c1 w12.5|n1000000
anthropic/claude-fable-5.1 anthropic/claude-fable-5.1-20260831 anthropic/claude-fable-5.1:beta ~anthropic/claude-fable-latest|i10 o50 c0.25 w12.5|n1000000
anthropic/claude-fable-5.1:batch|i5 o25 c0.125 w6.25|n1000000
anthropic/claude-haiku-4.5:batch|i0.5 o2.5 c0.05 w0.625|n200000
anthropic/claude-haiku-5.5 anthropic/claude-haiku-5.5-20261007 ~anthropic/claude-haiku-latest|i0.1 o0.5 c0.01 w0.125 W0.2 e0.01 t100000 i0.5 o2.5 c0.05 w0.625 W1|n1000000
anthropic/claude-haiku-5.5:batch|i0.05 o0.25 c0.005 w0.0625 W0.1 e0.01 t100000 i0.25 o1.25 c0.025 w0.3125 W0.5|n1000000
anthropic/claude-opus-4.1:batch|i7.5 o37.5 c0.75 w9.375|n200000
anthropic/claude-opus-4.5:batch|i2.5 o12.5 c0.25 w3.125|n200000
anthropic/claude-opus-4.6-fast|i30 o150 c3 w37.5
anthropic/claude-opus-4.6:batch anthropic/claude-opus-4.7:batch anthropic/claude-opus-4.8:batch anthropic/claude-opus-5:batch|i2.5 o12.5 c0.25 w3.125|n1000000
anthropic/claude-opus-4.7-fast|i30 o150 c3 w37.5|n1000000
anthropic/claude-opus-5.5 anthropic/claude-opus-5.5-20260921 anthropic/claude-opus-5.5:beta ~anthropic/claude-opus-latest|i4 o20 c0.2 w5|n1000000
anthropic/claude-opus-5.5:batch anthropic/claude-sonnet-5.5 anthropic/claude-sonnet-5.5-20260928 anthropic/claude-sonnet-5.5:beta ~anthropic/claude-sonnet-latest|i2 o10 c0.1 w2.5|n1000000
anthropic/claude-sonnet-4|i3 o15 c0.3 w3.75
anthropic/claude-sonnet-4.5:batch|i1.5 o7.5 c0.15 w1.875 t200000 i3 o11.25 c0.3 w3.75|n1000000
anthropic/claude-sonnet-4.6:batch|i1.5 o7.5 c0.15 w1.875|n1000000
anthropic/claude-sonnet-5 anthropic/claude-sonnet-5-20260630 anthropic/claude-sonnet-5:beta|i2 o10 c0.2 w2.5|n1000000
anthropic/claude-sonnet-5.5:batch|i1 o5 c0.05 w1.25|n1000000
anthropic/claude-sonnet-5:batch|i1 o5 c0.1 w1.25|n1000000
arcee-ai/coder-large|i0.5 o0.8
arcee-ai/trinity-large-thinking|i0.25 o0.8 c0.06|n262144
arcee-ai/trinity-mini|i0.045 o0.15
arcee-ai/virtuoso-large|i0.75 o1.2|n131072
baidu/ernie-4.5-vl-424b-a47b|i0.42 o1.25|n123000
bytedance-seed/seed-1.6 bytedance-seed/seed-1.6-20250625 bytedance-seed/seed-2.0-lite bytedance-seed/seed-2.0-lite-20260309|i0.25 o2 t128000 i0.5 o4|n262144
bytedance-seed/seed-1.6-flash bytedance-seed/seed-1.6-flash-20250625|i0.075 o0.3 t128000 i0.1 o0.8|n262144
bytedance-seed/seed-2-1-turbo bytedance-seed/seed-2-1-turbo-20260810|i0.5 o2.5|n262144
bytedance-seed/seed-2.0-code bytedance-seed/seed-2.0-code-20260730|i0.5 o3 t128000 i1 o6|n262144
bytedance-seed/seed-2.0-mini bytedance-seed/seed-2.0-mini-20260224|i0.1 o0.4 t128000 i0.2 o0.8|n262144
bytedance/ui-tars-1.5-7b|i0.1 o0.2|n128000
cloudflare/clef|i0.24|n65536
cloudflare/clef-flash|i0.09|n65536
cognitivecomputations/dolphin-mistral-24b-venice-edition venice/uncensored|i0.2 o0.9|n128000
cognitivecomputations/dolphin-mixtral-8x22b meta-llama/llama-2-70b-chat meta-llama/llama-3.2-90b-vision-instruct qwen/qwen-2-72b-instruct qwen/qwen2.5-vl-32b-instruct|i0.9 o0.9
cognitivecomputations/dolphin-mixtral-8x7b jondurbin/airoboros-l2-70b|i0.5 o0.5
cohere/command google/palm-2-chat-bison google/palm-2-chat-bison-32k google/palm-2-codechat-bison google/palm-2-codechat-bison-32k openai/gpt-3.5-turbo-1106|i1 o2
cohere/command-a cohere/command-a-03-2025|i2.5 o10|n256000
cohere/command-a-plus cohere/command-a-plus-05-2026|i0.3 o1.5 c0.15|n192000
cohere/command-r cohere/command-r-03-2024 google/gemini-pro google/gemini-pro-vision|i0.5 o1.5
cohere/command-r-08-2024|i0.15 o0.6|n128000
cohere/command-r-plus-08-2024 openai/gpt-audio|i2.5 o10|n128000
cohere/command-r7b-12-2024|i0.0375 o0.15|n128000
cohere/north-mini-code:free nvidia/nemotron-3-nano-omni-30b-a3b-reasoning:free||n256000
deepcogito/cogito-v2.1-671b|i1.25 o1.25
deepseek/deepseek-chat deepseek/deepseek-chat-v3|i0.2574 o1.0287
deepseek/deepseek-chat-v3-0324|i0.25 o1 c0.11|n163840
deepseek/deepseek-chat-v3.1|i0.27 o1
deepseek/deepseek-r1|i0.7 o2.5|n64000
deepseek/deepseek-r1-0528|i0.5 o2.15 c0.35
deepseek/deepseek-r1-distill-llama-70b|i0.1 o0.4|n8192
deepseek/deepseek-r1-distill-llama-8b mistralai/ministral-3b|i0.04 o0.04
deepseek/deepseek-r1-distill-qwen-1.5b nousresearch/nous-hermes-llama2-13b scb10x/llama3.1-typhoon2-8b-instruct|i0.18 o0.18
deepseek/deepseek-r1-distill-qwen-14b essentialai/rnj-1-instruct liquid/lfm-40b|i0.15 o0.15
deepseek/deepseek-r1-distill-qwen-32b|i0.12 o0.18
deepseek/deepseek-v3.1-terminus|i0.27 o1|n163840
deepseek/deepseek-v3.2 deepseek/deepseek-v3.2-20251201|i0.26 o0.38 c0.13
deepseek/deepseek-v3.2-exp|i0.27 o0.41|n163840
deepseek/deepseek-v4-flash deepseek/deepseek-v4-flash-20260423|i0.105 o0.21 c0.021
deepseek/deepseek-v4-flash-0731 deepseek/deepseek-v4-flash-20260731|i0.14 o0.28 c0.05|n1048576
deepseek/deepseek-v4-flash-0731:batch|i0.048 o0.144 c0.012|n1048576
deepseek/deepseek-v4-flash-vision-exp deepseek/deepseek-v4-flash-vision-exp-20260821|i0.2156 o0.6468 c0.00686|n1048576
deepseek/deepseek-v4-pro deepseek/deepseek-v4-pro-20260423|i1.416 o2.832 c0.118
deepseek/deepseek-v4-pro-0813 deepseek/deepseek-v4-pro-20260813|i0.66 o1.98 c0.022|n1048576
deepseek/deepseek-v4.1-flash deepseek/deepseek-v4.1-flash-20260910|i0.21 o0.84 c0.0042|n1048576
deepseek/deepseek-v4.1-flash-1017:batch deepseek/deepseek-v4.1-flash:batch|i0.011 o0.2 c0.002|n1048576
dots-studio/dots-3-note-preview:free||n512000
elorian/glimpse elorian/glimpse-20261016|i0.6 o3 c0.06|n262144
eva-unit-01/eva-llama-3.33-70b|i4 o6
eva-unit-01/eva-qwen-2.5-72b|i0.9 o1.2
fireworks/ember-1 fireworks/ember-1-20260923 moonshotai/kimi-k3 moonshotai/kimi-k3-20260715|i3 o15 c0.3|n1048576
google/gemini-2.0-flash-001 google/gemini-2.5-flash-lite-preview-09-2025|i0.1 o0.4
google/gemini-2.0-flash-lite-001 google/gemini-flash-1.5|i0.075 o0.3
google/gemini-2.5-flash google/gemini-3.5-flash-lite google/gemini-3.5-flash-lite-20260721|i0.3 o2.5 c0.03 w0.383333|n1048576
google/gemini-2.5-flash-image|i0.3 o2.5 c0.03 w0.383333|n32768
google/gemini-2.5-flash-lite|i0.1 o0.4 c0.01 w0.183333|n1048576
google/gemini-2.5-flash-lite:batch|i0.05 o0.2 c0.01 w0.091667|n1048576
google/gemini-2.5-flash-preview openai/gpt-4o-mini-search-preview|i0.15 o0.6
google/gemini-2.5-flash-preview-09-2025|i0.3 o2.5 c0.075 w0.383
google/gemini-2.5-flash-preview:thinking|i0.15 o3.5
google/gemini-2.5-flash:batch|i0.15 o1.25 c0.03 w0.191667|n1048576
google/gemini-2.5-pro google/gemini-2.5-pro-preview google/gemini-2.5-pro-preview-05-06|i1.25 o10 c0.125 w1.625 t200000 i2.5 o15 c0.25 w2.875|n1048576
google/gemini-2.5-pro-preview-03-25|i1.25 o10
google/gemini-2.5-pro:batch|i0.625 o5 c0.125 w0.8125 t200000 i1.25 o7.5 c0.25 w1.4375|n1048576
google/gemini-3-flash-preview google/gemini-3-flash-preview-20251217|i0.5 o3 c0.05 w0.583333|n1048576
google/gemini-3-flash-preview:batch|i0.25 o1.5 w0.291667|n1048576
google/gemini-3-pro-image google/gemini-3-pro-image-20260528|i2 o12 c0.2 w2.375|n131072
google/gemini-3-pro-image-preview google/gemini-3-pro-image-preview-20251120|i2 o12 c0.2 w2.375|n65536
google/gemini-3.1-flash-image google/gemini-3.1-flash-image-20260528|i0.5 o3|n131072
google/gemini-3.1-flash-image-preview google/gemini-3.1-flash-image-preview-20260226|i0.5 o3|n65536
google/gemini-3.1-flash-lite google/gemini-3.1-flash-lite-20260507 google/gemini-3.1-flash-lite-preview|i0.25 o1.5 c0.025 w0.333333|n1048576
google/gemini-3.1-flash-lite-image google/gemini-3.1-flash-lite-image-20260630|i0.25 o1.5|n65536
google/gemini-3.1-flash-lite:batch|i0.125 o0.75 c0.0125 w0.166667|n1048576
google/gemini-3.1-pro-preview google/gemini-3.1-pro-preview-20260219 google/gemini-3.1-pro-preview-customtools|i2 o12 c0.2 w2.375 t200000 i4 o18 c0.4 w4.375|n1048576
google/gemini-3.1-pro-preview:batch|i1 o6 w1.1875 t200000 i2 o9 w2.1875|n1048576
google/gemini-3.5-flash google/gemini-3.5-flash-20260519|i1.5 o9 c0.15 w1.583333|n1048576
google/gemini-3.5-flash-lite:batch|i0.15 o1.25 c0.015 w0.191667|n1048576
google/gemini-3.5-flash:batch|i0.75 o4.5 c0.075 w0.791667|n1048576
google/gemini-3.6-flash google/gemini-3.6-flash-20260721 google/gemini-3.7-flash google/gemini-3.7-flash-20260813 google/gemini-3.8-flash google/gemini-3.8-flash-20260902 ~google/gemini-flash-latest|i0.75 o3.75 c0.075 w0.791667|n1048576
google/gemini-3.6-flash:batch google/gemini-3.7-flash:batch google/gemini-3.8-flash:batch|i0.375 o1.875 c0.0375 w0.416667|n1048576
google/gemini-4-argon google/gemini-4-argon-20261013 ~google/gemini-pro-latest|i2 o10 c0.1 w2.1875|n1048576
google/gemini-4-argon:batch|i1 o5 c0.05 w1.1875|n1048576
google/gemini-flash-1.5-8b|i0.0375 o0.15
google/gemini-nano-banana-2.1 google/gemini-nano-banana-2.1-20261006|i1.5 o7.5|n65536
google/gemini-omni-1.1-flash google/gemini-omni-1.1-flash-20260911 google/gemini-omni-1.2-flash google/gemini-omni-1.2-flash-20261105|i1.5 o9|n131072
google/gemini-pro-1.5|i1.25 o5
google/gemma-2-27b-it|i0.65 o0.65|n8192
google/gemma-2-9b-it microsoft/wizardlm-2-7b openchat/openchat-7b undi95/toppy-m-7b|i0.07 o0.07
google/gemma-3-12b-it|i0.05 o0.15|n131072
google/gemma-3-27b-it|i0.08 o0.35 c0.04
google/gemma-3-4b-it|i0.04 o0.05 c0.02|n131072
google/gemma-3n-e4b-it|i0.06 o0.12
google/gemma-4-26b-a4b-it google/gemma-4-26b-a4b-it-20260403|i0.15 o0.6 c0.0425
google/gemma-4-26b-a4b-it:free google/gemma-4-31b-it:free liquid/lfm-3-1.7b:free nvidia/nemotron-3-super-120b-a12b:free poolside/laguna-s-2.1:free poolside/laguna-xs-2.1:free recursive/flint-v1.0:free xingchen-agi/xing4.0-29b-a4b:free||n262144
google/gemma-4-31b-it google/gemma-4-31b-it-20260402|i0.15 o0.4 c0.06|n262144
gryphe/mythomax-l2-13b|i0.08 o0.11
ibm-granite/granite-4.0-h-micro|i0.017 o0.112|n131000
ibm-granite/granite-4.1-8b|i0.05 o0.1|n131072
ibm-granite/granite-4.2-8b ibm-granite/granite-4.2-8b-20260831|i0.06 o0.15 c0.015|n131072
inception/mercury-2 inception/mercury-2-20260304|i0.25 o0.75 c0.025|n128000
inception/mercury-2.5 inception/mercury-2.5-20260908|i0.04 o0.15 c0.004|n260000
inception/mercury-3 inception/mercury-3-20261019|i0.1 o0.35 c0.01|n1000000
inclusionai/ling-2.6-1t inclusionai/ring-2.6-1t|i0.075 o0.625 c0.015
inclusionai/ling-2.6-flash|i0.01 o0.03 c0.002
inclusionai/ling-3.0-flash inclusionai/ling-3.0-flash-20260723|i0.021 o0.063 c0.0042|n262144
inclusionai/ling-3.0-flash-vl inclusionai/ling-3.0-flash-vl-20260910|i0.06 o0.18 c0.012|n131072
inclusionai/ling-3.0-tiny inclusionai/ling-3.0-tiny-20260806|i0.015 o0.045 c0.003|n262144
inclusionai/ling-3.1-flash inclusionai/ling-3.1-flash-20261002|i0.045 o0.135 c0.009|n262144
inference-net/schematron-v2-small inference-net/schematron-v2-small-20260902|i0.05 o0.23|n128000
inference-net/schematron-v2-turbo inference-net/schematron-v2-turbo-20260902|i0.03 o0.15|n128000
inflection/inflection-3-pi inflection/inflection-3-productivity openai/gpt-4o-search-preview|i2.5 o10
kwaipilot/kat-coder-pro-v2 minimax/minimax-m3 minimax/minimax-m3-20260531|i0.3 o1.2 c0.06
latitudegames/wayfarer-large-70b-llama-3.3|i0.8 o0.9
liquid/lfm-2-24b-a2b|i0.03 o0.12
liquid/lfm-2.5-2.6b liquid/lfm-2.5-2.6b-20260811|i0.35 o0.5 c0.04|n128000
liquid/lfm-2.5-2.6b:free||n65536
liquid/lfm-2.5-24b-a2b liquid/lfm-2.5-24b-a2b-20261012|i0.05 o0.7 c0.025|n128000
liquid/lfm-3-1.7b liquid/lfm-3-1.7b-20261106|i0.08 o0.2 c0.02|n262144
liquid/lfm-3b|i0.02 o0.02
liquid/lfm-7b|i0.01 o0.01
mancer/weaver|i0.4 o0.75|n8000
meituan/longcat-2.0 meituan/longcat-2.0-20260720|i0.3 o1.2 c0.006|n1048756
meta-llama/llama-2-13b-chat|i0.22 o0.22
meta-llama/llama-3-70b-instruct|i0.3 o0.4
meta-llama/llama-3-8b-instruct|i0.03 o0.06
meta-llama/llama-3.1-405b|i2 o2
meta-llama/llama-3.1-405b-instruct sophosympatheia/midnight-rose-70b|i0.8 o0.8
meta-llama/llama-3.1-70b-instruct|i0.72 o0.72|n131072
meta-llama/llama-3.1-8b-instruct|i0.05 o0.08 c0.025
meta-llama/llama-3.2-11b-vision-instruct|i0.049 o0.049
meta-llama/llama-3.2-1b-instruct|i0.027 o0.201|n60000
meta-llama/llama-3.2-3b-instruct|i0.0509 o0.335
meta-llama/llama-3.3-70b-instruct|i0.59 o0.79 c0.295
meta-llama/llama-4-maverick meta-llama/llama-4-maverick-17b-128e-instruct|i0.35 o1 c0.17
meta-llama/llama-4-scout meta-llama/llama-4-scout-17b-16e-instruct|i0.1 o0.3
meta-llama/llama-guard-2-8b mistralai/mistral-7b-instruct-v0.1 mistralai/mistral-7b-instruct-v0.2 perplexity/llama-3.1-sonar-small-128k-online qwen/qwen-2.5-vl-7b-instruct qwen/qwen2.5-coder-7b-instruct qwen/qwq-32b-preview|i0.2 o0.2
meta-llama/llama-guard-3-8b|i0.02 o0.06
meta-llama/llama-guard-4-12b|i0.18 o0.18|n163840
meta/muse-glimmer-30b meta/muse-glimmer-30b-20260810|i0.3 o1.2 c0.04|n131072
meta/muse-glimmer-30b:batch|i0.24 o0.96 c0.032|n131072
meta/muse-spark-1.1 meta/muse-spark-1.1-20260709 meta/muse-spark-1.2 meta/muse-spark-1.2-20260805 meta/muse-spark-1.3 meta/muse-spark-1.3-20260902|i1.25 o4.25 c0.15 e0.0025|n1048576
meta/muse-spark-1.2-contributor meta/muse-spark-1.2-contributor-20260805 meta/muse-spark-1.3-contributor meta/muse-spark-1.3-contributor-20260902|i0.1 o0.2 c0.002 e0.0025|n1048576
meta/muse-spark-open meta/muse-spark-open-20261015|i1.25 o4.25 c0.15|n1048576
meta/muse-wonder meta/muse-wonder-20261012|i4 o20 c0.2 e0.0025|n1048576
microsoft/phi-3-medium-128k-instruct perplexity/llama-3.1-sonar-large-128k-online|i1 o1
microsoft/phi-3-mini-128k-instruct microsoft/phi-3.5-mini-128k-instruct mistral/ministral-8b mistralai/ministral-8b mistralai/pixtral-12b|i0.1 o0.1
microsoft/phi-4|i0.07 o0.14|n16384
microsoft/phi-4-mini-instruct|i0.08 o0.35
microsoft/phi-4-multimodal-instruct|i0.05 o0.1
microsoft/wizardlm-2-8x22b|i0.62 o0.62|n65535
minimax/minimax-01|i0.2 o1.1|n1000192
minimax/minimax-m1|i0.55 o2.2|n1000000
minimax/minimax-m2|i0.255 o1.02 c0.03
minimax/minimax-m2-her minimax/minimax-m2-her-20260123|i0.3 o1.2 c0.03|n65536
minimax/minimax-m2.1|i0.3 o1.2 c0.03|n204800
minimax/minimax-m2.5 minimax/minimax-m2.5-20260211|i0.295 o1.2 c0.06
minimax/minimax-m2.7 minimax/minimax-m2.7-20260318|i0.27 o1.08 c0.054
minimax/minimax-m3.1-flash:free nvidia/nemotron-3-ultra-550b-a55b:free nvidia/nemotron-3.5-lightning:free nvidia/nemotron-3.5-super-vl:free||n1000000
minimax/minimax-m3:batch|i0.224 o0.88 c0.0448|n524288
mistralai/codestral-2501|i0.3 o0.9
mistralai/codestral-2508|i0.3 o0.9 c0.03|n256000
mistralai/codestral-2508:batch|i0.15 o0.45 c0.015|n256000
mistralai/codestral-mamba mistralai/mistral-tiny|i0.25 o0.25
mistralai/devstral-2512|i0.4 o2 c0.04|n262144
mistralai/ministral-14b-2512|i0.2 o0.2 c0.02|n262144
mistralai/ministral-3b-2512|i0.1 o0.1 c0.01|n131072
mistralai/ministral-8b-2512|i0.15 o0.15 c0.015|n262144
mistralai/ministral-8b-2512:batch|i0.075 o0.075 c0.0075|n262144
mistralai/mistral-7b-instruct mistralai/mistral-7b-instruct-v0.3|i0.029 o0.059
mistralai/mistral-large mistralai/mistral-large-2407|i2 o6 c0.2|n128000
mistralai/mistral-large-2512|i0.5 o1.5 c0.05|n262144
mistralai/mistral-large-2512:batch|i0.25 o0.75 c0.025|n262144
mistralai/mistral-large-4-0 mistralai/mistral-large-4-0-20261006|i0.7 o2.1 c0.07
mistralai/mistral-medium|i2.75 o8.1
mistralai/mistral-medium-3 mistralai/mistral-medium-3.1|i0.4 o2 c0.04|n131072
mistralai/mistral-medium-3-5 mistralai/mistral-medium-3.5-20260430|i1.5 o7.5|n262144
mistralai/mistral-medium-3-5:batch|i0.75 o3.75|n262144
mistralai/mistral-medium-3.1:batch|i0.2 o1 c0.02|n131072
mistralai/mistral-nemo|i0.15 o0.15 c0.015
mistralai/mistral-saba mistralai/mistral-saba-2502|i0.2 o0.6 c0.02|n32768
mistralai/mistral-small|i0.2 o0.6
mistralai/mistral-small-24b-instruct-2501|i0.05 o0.08|n32768
mistralai/mistral-small-2603|i0.15 o0.6 c0.015
mistralai/mistral-small-2603:batch|i0.075 o0.3 c0.0075|n262144
mistralai/mistral-small-3.1-24b-instruct mistralai/mistral-small-3.1-24b-instruct-2503|i0.351 o0.555|n128000
mistralai/mistral-small-3.2-24b-instruct mistralai/mistral-small-3.2-24b-instruct-2506 xiaomi/mimo-v2-flash|i0.1 o0.3 c0.01
mistralai/mixtral-8x22b-instruct|i2 o6 c0.2|n65536
mistralai/mixtral-8x7b-instruct|i0.24 o0.24
mistralai/pixtral-large-2411|i2 o6
mistralai/voxtral-small-24b-2507|i0.1 o0.3 c0.01|n32000
moondream/moondream3-preview moondream/moondream3-preview-20261013 moondream/moondream3.1-9b-a2b moondream/moondream3.1-9b-a2b-20261013|i0.3 o2.5|n32000
moonshotai/kimi-k2|i0.57 o2.3|n131072
moonshotai/kimi-k2-0905|i0.6 o2.5|n262144
moonshotai/kimi-k2-thinking moonshotai/kimi-k2-thinking-20251106|i0.6 o2.5 c0.15|n262144
moonshotai/kimi-k2.5 moonshotai/kimi-k2.5-0127|i0.532 o3.325 c0.209
moonshotai/kimi-k2.6 moonshotai/kimi-k2.6-20260420|i0.95 o4 c0.16
moonshotai/kimi-k2.7-code moonshotai/kimi-k2.7-code-20260612|i0.95 o4 c0.19|n262144
moonshotai/kimi-k3.1-pro moonshotai/kimi-k3.1-pro-20261023|i2 o10 c0.2|n1048576
moonshotai/kimi-k3:batch|i0.917 o6 c0.226|n1048576
morph/morph-v3-fast|i0.8 o1.2|n81920
morph/morph-v3-fast:batch|i0.4 o0.6|n81920
morph/morph-v3-large|i0.9 o1.9|n262144
morph/morph-v3-large:batch|i0.45 o0.95|n262144
neversleep/llama-3-lumimaid-70b|i3.375 o4.5
neversleep/llama-3-lumimaid-8b neversleep/llama-3-lumimaid-8b:extended neversleep/llama-3.1-lumimaid-8b|i0.09375 o0.75
neversleep/noromaid-20b|i0.75 o1.5
nex-agi/nex-n2.5-mini nex-agi/nex-n2.5-mini-20260908|i0.025 o0.1 c0.0025|n262144
nex-agi/nex-n2.5-pro nex-agi/nex-n2.5-pro-20260907|i0.075 o0.25 c0.015|n262144
nousresearch/hermes-2-pro-llama-3-8b|i0.025 o0.04
nousresearch/hermes-3-llama-3.1-405b|i1 o1|n131072
nousresearch/hermes-3-llama-3.1-70b|i0.7 o0.7|n131072
nousresearch/hermes-4-405b|i1 o3 c0.2|n131072
nousresearch/hermes-4-70b|i0.13 o0.4|n131072
nousresearch/nous-hermes-2-mixtral-8x7b-dpo qwen/qwen-2.5-vl-72b-instruct|i0.6 o0.6
nvidia/llama-3.1-nemotron-70b-instruct|i0.12 o0.3
nvidia/llama-3.3-nemotron-super-49b-v1.5 thedrummer/unslopnemo-12b|i0.4 o0.4
nvidia/nemotron-3-nano-30b-a3b|i0.06 o0.24 c0.012|n262144
nvidia/nemotron-3-super-120b-a12b nvidia/nemotron-3-super-120b-a12b-20230311|i0.08 o0.45
nvidia/nemotron-3-ultra-550b-a55b nvidia/nemotron-3-ultra-550b-a55b-20260604|i0.6 o2.4 c0.12
nvidia/nemotron-3.5-content-safety nvidia/nemotron-3.5-content-safety-20260604|i0.2 o0.2|n131072
nvidia/nemotron-3.5-content-safety:free||n128000
nvidia/nemotron-3.5-lightning nvidia/nemotron-3.5-lightning-20260807|i0.05 o0.2 c0.01|n262144
nvidia/nemotron-3.5-super-vl nvidia/nemotron-3.5-super-vl-20261015|i0.15 o0.5 c0.02|n1048576
nvidia/nemotron-nano-9b-v2|i0.04 o0.16
openai/chatgpt-4o-latest x-ai/grok-beta x-ai/grok-vision-beta|i5 o15
openai/codex-mini|i1.5 o6 c0.375
openai/gpt-3.5-turbo|i0.5 o1.5|n16385
openai/gpt-3.5-turbo-0613|i1 o2|n4095
openai/gpt-3.5-turbo-16k|i3 o4|n16385
openai/gpt-3.5-turbo-instruct|i1.5 o2|n4095
openai/gpt-3.5-turbo:batch|i0.25 o0.75|n16385
openai/gpt-4|i30 o60|n8191
openai/gpt-4-1106-preview|i10 o30
openai/gpt-4-32k openai/gpt-4-32k-0314|i60 o120
openai/gpt-4-turbo openai/gpt-4-turbo-preview|i10 o30|n128000
openai/gpt-4-turbo:batch openai/gpt-4o-2024-05-13|i5 o15|n128000
openai/gpt-4.1 openai/gpt-4.1-2025-04-14|i2 o8 c0.5|n1047576
openai/gpt-4.1-mini openai/gpt-4.1-mini-2025-04-14|i0.4 o1.6 c0.1|n1047576
openai/gpt-4.1-mini:batch|i0.2 o0.8 c0.05|n1047576
openai/gpt-4.1-nano openai/gpt-4.1-nano-2025-04-14|i0.1 o0.4 c0.03|n1047576
openai/gpt-4.1-nano:batch|i0.05 o0.2 c0.0125|n1047576
openai/gpt-4.1:batch|i1 o4 c0.25|n1047576
openai/gpt-4.5-preview|i75 o150
openai/gpt-4o openai/gpt-4o-2024-08-06 openai/gpt-4o-2024-11-20 openai/gpt-4o-audio-preview|i2.5 o10 c1.25|n128000
openai/gpt-4o-mini openai/gpt-4o-mini-2024-07-18|i0.15 o0.6 c0.075|n128000
openai/gpt-4o-mini:batch|i0.075 o0.3 c0.0375|n128000
openai/gpt-4o:batch|i1.25 o5 c0.625|n128000
openai/gpt-4o:extended|i6 o18
openai/gpt-5 openai/gpt-5-2025-08-07 openai/gpt-5-chat openai/gpt-5-codex openai/gpt-5.1 openai/gpt-5.1-20251113 openai/gpt-5.1-chat openai/gpt-5.1-codex openai/gpt-5.1-codex-max|i1.25 o10 c0.125|n400000
openai/gpt-5-image|i10 o10 c1.25|n400000
openai/gpt-5-image-mini|i2.5 o2 c0.25|n400000
openai/gpt-5-mini openai/gpt-5-mini-2025-08-07|i0.25 o2 c0.025|n400000
openai/gpt-5-mini:batch|i0.125 o1 c0.0125|n400000
openai/gpt-5-nano openai/gpt-5-nano-2025-08-07|i0.05 o0.4 c0.005|n400000
openai/gpt-5-nano:batch|i0.025 o0.2 c0.0025|n400000
openai/gpt-5-pro openai/gpt-5-pro-2025-10-06|i15 o120|n400000
openai/gpt-5-pro:batch|i7.5 o60|n400000
openai/gpt-5.1-codex-mini openai/gpt-5.1-codex-mini-20251113|i0.25 o2 c0.03|n400000
openai/gpt-5.1:batch openai/gpt-5:batch|i0.625 o5 c0.0625|n400000
openai/gpt-5.2 openai/gpt-5.2-20251211 openai/gpt-5.2-chat openai/gpt-5.2-codex openai/gpt-5.3-codex openai/gpt-5.3-codex-20260224|i1.75 o14 c0.175|n400000
openai/gpt-5.2-pro openai/gpt-5.2-pro-20251211|i21 o168|n400000
openai/gpt-5.2-pro:batch|i10.5 o84|n400000
openai/gpt-5.2:batch|i0.875 o7 c0.0875|n400000
openai/gpt-5.3-chat|i1.75 o14 c0.175
openai/gpt-5.4 openai/gpt-5.4-20260305 openai/gpt-5.5:batch|i2.5 o15 c0.25 t272000 i5 o22.5 c0.5|n1050000
openai/gpt-5.4-image-2 openai/gpt-5.4-image-2-20260421|i8 o15 c2|n272000
openai/gpt-5.4-mini openai/gpt-5.4-mini-20260317 ~openai/gpt-mini-latest|i0.75 o4.5 c0.075|n400000
openai/gpt-5.4-mini:batch|i0.375 o2.25 c0.0375|n400000
openai/gpt-5.4-nano openai/gpt-5.4-nano-20260317|i0.2 o1.25 c0.02|n400000
openai/gpt-5.4-nano:batch|i0.1 o0.625 c0.01|n400000
openai/gpt-5.4-pro openai/gpt-5.4-pro-20260305 openai/gpt-5.5-pro openai/gpt-5.5-pro-20260423|i30 o180 t272000 i60 o270|n1050000
openai/gpt-5.4-pro:batch openai/gpt-5.5-pro:batch|i15 o90 t272000 i30 o135|n1050000
openai/gpt-5.4:batch|i1.25 o7.5 c0.125 t272000 i2.5 o11.25 c0.25|n1050000
openai/gpt-5.5 openai/gpt-5.5-20260423|i5 o30 c0.5 t272000 i10 o45 c1|n1050000
openai/gpt-5.6-luna openai/gpt-5.6-luna-20260709 openai/gpt-5.6-luna-pro openai/gpt-5.6-luna-pro-20260709|i0.2 o1.2 c0.02 w0.25 t272000 i0.4 o1.8 c0.04 w0.5|n1050000
openai/gpt-5.6-luna-pro:batch openai/gpt-5.6-luna:batch|i0.1 o0.6 c0.01 w0.125 t272000 i0.2 o0.9 c0.02 w0.25|n1050000
openai/gpt-5.6-sol openai/gpt-5.6-sol-20260709 openai/gpt-5.6-sol-pro openai/gpt-5.6-sol-pro-20260709|i4 o20 c0.4 w5 t272000 i8 o30 c0.8 w10|n1050000
openai/gpt-5.6-sol-pro:batch openai/gpt-5.6-sol:batch|i2 o10 c0.2 w2.5 t272000 i4 o15 c0.4 w5|n1050000
openai/gpt-5.6-terra openai/gpt-5.6-terra-20260709 openai/gpt-5.6-terra-pro openai/gpt-5.6-terra-pro-20260709 ~openai/gpt-terra-latest|i2 o12 c0.2 w2.5 t272000 i4 o18 c0.4 w5|n1050000
openai/gpt-5.6-terra-pro:batch openai/gpt-5.6-terra:batch|i1 o6 c0.1 w1.25 t272000 i2 o9 c0.2 w2.5|n1050000
openai/gpt-6-astra openai/gpt-6-astra-20260903 openai/gpt-6-astra-pro openai/gpt-6-astra-pro-20260903 ~openai/gpt-astra-latest|i10 o50 c1 w12.5 t272000 i20 o75 c2 w25|n1050000
openai/gpt-6-astra-pro:batch openai/gpt-6-astra:batch|i5 o25 c0.5 w6.25 t272000 i10 o37.5 c1 w12.5|n1050000
openai/gpt-6-luna openai/gpt-6-luna-20260922 openai/gpt-6-luna-pro|i0.1 o0.5 c0.01 w0.125 e0.01 t272000 i0.2 o0.75 c0.02 w0.25|n1050000
openai/gpt-6-luna-pro:batch openai/gpt-6-luna:batch|i0.05 o0.25 c0.005 w0.0625 e0.01 t272000 i0.1 o0.375 c0.01 w0.125|n1050000
openai/gpt-6-sol openai/gpt-6-sol-20260922 openai/gpt-6-sol-pro|i2 o10 c0.2 w2.5 e0.01 t272000 i4 o15 c0.4 w5|n1050000
openai/gpt-6-sol-pro:batch openai/gpt-6-sol:batch|i1 o5 c0.1 w1.25 e0.01 t272000 i2 o7.5 c0.2 w2.5|n1050000
openai/gpt-6.1-sol openai/gpt-6.1-sol-20260929 openai/gpt-6.1-sol-pro|i2 o10 c0.1 w2.5 e0.01 t272000 i4 o15 c0.2 w5|n1050000
openai/gpt-6.1-sol-pro:batch openai/gpt-6.1-sol:batch|i1 o5 c0.05 w1.25 e0.01 t272000 i2 o7.5 c0.1 w2.5|n1050000
openai/gpt-6.1-terra openai/gpt-6.1-terra-20261026 openai/gpt-6.1-terra-pro openai/gpt-6.1-terra-pro-20261026|i1 o5 c0.05 w1.25 t272000 i2 o7.5 c0.1 w2.5|n1050000
openai/gpt-6.1-terra-pro:batch openai/gpt-6.1-terra:batch|i0.5 o2.5 c0.025 w0.625 t272000 i1 o3.75 c0.05 w1.25|n1050000
openai/gpt-audio-mini|i0.6 o2.4|n128000
openai/gpt-chat-latest openai/gpt-chat-latest-20260505|i5 o30 c0.5|n400000
openai/gpt-oss-120b|i0.1 o0.5
openai/gpt-oss-120b:batch|i0.0296 o0.136|n131072
openai/gpt-oss-20b|i0.03 o0.14 c0.009|n131072
openai/gpt-oss-20b:batch|i0.024 o0.112|n131072
openai/gpt-oss-safeguard-20b|i0.075 o0.3 c0.0375|n131072
openai/o1 openai/o1-2024-12-17|i15 o60 c7.5
openai/o1-mini openai/o1-mini-2024-09-12|i1.1 o4.4
openai/o1-pro|i150 o600|n200000
openai/o3 openai/o3-2025-04-16|i2 o8 c0.5|n200000
openai/o3-deep-research|i10 o40 c2.5
openai/o3-mini openai/o3-mini-2025-01-31 openai/o3-mini-high|i1.1 o4.4 c0.55|n200000
openai/o3-mini:batch|i0.55 o2.2 c0.275|n200000
openai/o3-pro openai/o3-pro-2025-06-10|i20 o80|n200000
openai/o3:batch|i1 o4 c0.25|n200000
openai/o4-mini openai/o4-mini-2025-04-16 openai/o4-mini-high|i1.1 o4.4 c0.275|n200000
openai/o4-mini-deep-research|i2 o8 c0.5
openai/o4-mini:batch|i0.55 o2.2 c0.1375|n200000
particle-ai/particle-1 particle-ai/particle-1-20261027|i0.05 o0.5 c0.003|n1048576
perceptron/perceptron-mk1 perceptron/perceptron-mk1-20260512|i0.15 o1.5|n32768
perceptron/perceptron-mk1.5 perceptron/perceptron-mk1.5-20260925|i0.15 o1.5|n36864
perplexity/pplx-decider-v1-27b|i0.04|n262144
perplexity/pplx-decider-v1.1-27b|i0.02|n262144
perplexity/sonar|i1 o1|n127072
perplexity/sonar-deep-research|i2 o8 r3|n128000
perplexity/sonar-pro perplexity/sonar-pro-search|i3 o15|n200000
perplexity/sonar-reasoning|i1 o5
perplexity/sonar-reasoning-pro|i2 o8|n128000
poolside/laguna-s-2.1 poolside/laguna-s-2.1-20260720|i0.09 o0.18 c0.009|n1048576
poolside/laguna-xs-2.1 poolside/laguna-xs-2.1-20260625|i0.06 o0.12 c0.03|n262144
prime-intellect/intellect-3|i0.2 o1.1
prism-ml/ternary-bonsai-2-27b prism-ml/ternary-bonsai-2-27b-20260918|i0.075 o0.5 c0.0375|n262144
prism-ml/ternary-bonsai-2-9b prism-ml/ternary-bonsai-2-9b-20261015|i0.08 o0.13 c0.04|n262144
pygmalionai/mythalion-13b|i0.5625 o1.125
qwen/qwen-2.5-72b-instruct|i0.36 o0.4
qwen/qwen-2.5-7b-instruct|i0.1 o0.2|n32768
qwen/qwen-2.5-coder-32b-instruct|i0.66 o1|n32768
qwen/qwen-max|i1.6 o6.4
qwen/qwen-plus qwen/qwen-plus-2025-01-25|i0.26 o0.78 c0.052 w0.325 t256000 i0.78 o2.34 c0.156 w0.975|n1000000
qwen/qwen-plus-2025-07-28|i0.26 o0.78|n1000000
qwen/qwen-plus-2025-07-28:thinking|i0.26 o0.78 w0.325
qwen/qwen-turbo|i0.05 o0.2
qwen/qwen-vl-max|i0.8 o3.2
qwen/qwen-vl-plus|i0.21 o0.63
qwen/qwen2.5-vl-72b-instruct|i0.8 o1 c0.4
qwen/qwen3-14b qwen/qwen3-14b-04-28|i0.1 o0.22
qwen/qwen3-235b-a22b|i0.13 o0.6|n131072
qwen/qwen3-235b-a22b-07-25 qwen/qwen3-235b-a22b-2507|i0.09 o0.55
qwen/qwen3-235b-a22b-thinking-2507|i0.45 o3.5
qwen/qwen3-30b-a3b qwen/qwen3-30b-a3b-04-28|i0.12 o0.5
qwen/qwen3-30b-a3b-instruct-2507|i0.09 o0.3
qwen/qwen3-30b-a3b-thinking-2507|i0.08 o0.4|n81920
qwen/qwen3-32b qwen/qwen3-32b-04-28|i0.14 o0.4 c0.09
qwen/qwen3-8b|i0.035 o0.138|n131072
qwen/qwen3-coder qwen/qwen3-coder-480b-a35b-07-25|i0.3 o1 c0.1
qwen/qwen3-coder-30b-a3b-instruct|i0.07 o0.28
qwen/qwen3-coder-flash|i0.195 o0.975 c0.039 w0.24375 t128000 i0.52 o2.6 c0.104 w0.65 t32000 i0.325 o1.625 c0.065 w0.40625|n1000000
qwen/qwen3-coder-next qwen/qwen3-coder-next-2025-02-03|i0.12 o0.8 c0.07
qwen/qwen3-coder-plus|i0.65 o3.25 c0.13 w0.8125|n1000000
qwen/qwen3-max|i1.2 o6|n262144
qwen/qwen3-max-thinking qwen/qwen3-max-thinking-20260123|i0.78 o3.9|n262144
qwen/qwen3-next-80b-a3b-instruct qwen/qwen3-next-80b-a3b-instruct-2509|i0.09 o1.1
qwen/qwen3-next-80b-a3b-thinking qwen/qwen3-next-80b-a3b-thinking-2509|i0.15 o1.2
qwen/qwen3-vl-235b-a22b-instruct|i0.21 o1.9 c0.1
qwen/qwen3-vl-235b-a22b-thinking|i0.26 o2.6|n131072
qwen/qwen3-vl-30b-a3b-instruct|i0.2 o0.7
qwen/qwen3-vl-30b-a3b-thinking|i0.29 o1
qwen/qwen3-vl-32b-instruct|i0.104 o0.416|n131072
qwen/qwen3-vl-8b-instruct|i0.25 o0.75 c0.12
qwen/qwen3-vl-8b-thinking|i0.117 o1.365|n131072
qwen/qwen3.5-122b-a10b qwen/qwen3.5-122b-a10b-20260224|i0.26 o2.08|n262144
qwen/qwen3.5-27b qwen/qwen3.5-27b-20260224|i0.195 o1.56|n262144
qwen/qwen3.5-35b-a3b qwen/qwen3.5-35b-a3b-20260224|i0.1625 o1.3 c0.05
qwen/qwen3.5-397b-a17b qwen/qwen3.5-397b-a17b-20260216|i0.39 o2.34 c0.3
qwen/qwen3.5-9b qwen/qwen3.5-9b-20260310|i0.1 o0.15
qwen/qwen3.5-flash-02-23 qwen/qwen3.5-flash-20260224|i0.065 o0.26|n1000000
qwen/qwen3.5-plus-02-15 qwen/qwen3.5-plus-20260216|i0.26 o1.56 t256000 i0.325 o1.95|n1000000
qwen/qwen3.5-plus-20260420|i0.3 o1.8 w0.375 t256000 i0.375 o2.25 w0.46875|n1000000
qwen/qwen3.6-27b qwen/qwen3.6-27b-20260422|i0.45 o2.7 c0.025
qwen/qwen3.6-35b-a3b qwen/qwen3.6-35b-a3b-20260415|i0.1 o0.95
qwen/qwen3.6-flash|i0.1875 o1.125 w0.234375 t256000 i0.75 o3 w0.9375|n1000000
qwen/qwen3.6-max-preview qwen/qwen3.6-max-preview-20260420|i1.04 o6.24 w1.3|n262144
qwen/qwen3.6-plus qwen/qwen3.6-plus-04-02|i0.325 o1.95 w0.40625 t256000 i1.3 o3.9 w1.625|n1000000
qwen/qwen3.7-flash qwen/qwen3.7-flash-20260727|i0.03 o0.13 c0.006 w0.038 t256000 i0.2 o0.8 c0.04 w0.25 t32000 i0.1 o0.4 c0.02 w0.125|n1000000
qwen/qwen3.7-max qwen/qwen3.7-max-20260520|i1.475 o4.425 c0.295 w1.84375|n1000000
qwen/qwen3.7-plus qwen/qwen3.7-plus-20260602|i0.32 o1.28 c0.064 w0.4 t256000 i0.96 o3.84 c0.192 w1.2|n1000000
qwen/qwen3.7-plus:batch|i0.23 o0.92|n262144
qwen/qwen3.8-2.4t-a95b qwen/qwen3.8-2.4t-a95b-20260812|i2 o6 c0.25 w2.5|n1048576
qwen/qwen3.8-27b qwen/qwen3.8-27b-20260814|i0.425 o2.55 c0.085 w0.53125|n1000000
qwen/qwen3.8-27b:batch|i0.16 o2 c0.04 w0.2|n262144
qwen/qwen3.8-flash qwen/qwen3.8-flash-20260826 qwen/qwen3.8-omni-flash qwen/qwen3.8-omni-flash-20260918|i0.15 o0.47 c0.016|n1000000
qwen/qwen3.8-max-0902 qwen/qwen3.8-max-20260902 sakana/fugu-max sakana/fugu-max-20260911|i2 o6 c0.25|n1000000
qwen/qwen3.8-max-prime qwen/qwen3.8-max-prime-20260923|i4 o12 c0.5|n1000000
qwen/qwq-32b|i0.15 o0.2
raifle/sorcererlm-8x22b|i4.5 o4.5
reflection/beam-1.0-501b-a23b reflection/beam-1.0-501b-a23b-20261016|i0.4 o1.2 c0.04|n1048576
rekaai/reka-edge rekaai/reka-edge-2603|i0.1 o0.1|n16384
rekaai/reka-flash-3|i0.1 o0.2|n65536
relace/relace-apply-3|i0.85 o1.25|n256000
relace/relace-search relace/relace-search-20251208|i1 o3|n256000
ricursiveai/ripple-65b-preview ricursiveai/ripple-65b-preview-20261104|i0.2 o0.6 c0.05|n1048576
sakana/fugu-ultra sakana/fugu-ultra-20260615 sakana/fugu-ultra-v2 sakana/fugu-ultra-v2-20260911|i5 o30 c0.5 t272000 i10 o45 c1|n1000000
sakana/namazu-20260811 sakana/sakana-namazu|i0.95 o4 c0.15|n262144
sao10k/l3-euryale-70b|i1.48 o1.48
sao10k/l3-lunaris-8b|i0.04 o0.05|n8192
sao10k/l3.1-euryale-70b|i0.85 o0.85
sao10k/l3.3-euryale-70b sao10k/l3.3-euryale-70b-v2.3|i0.65 o0.75|n131072
scaledown/extract scaledown/extract-20260928 scaledown/summarize scaledown/summarize-20260928|i0.04|n1000000
scb10x/llama3.1-typhoon2-70b-instruct|i0.88 o0.88
steelskull/l3.3-electra-r1-70b|i0.7 o0.95
stepfun/step-3.5-flash|i0.1 o0.3 c0.02|n262144
stepfun/step-3.7-flash stepfun/step-3.7-flash-20260528|i0.2 o1.15 c0.04
stepfun/step-5-preview stepfun/step-5-preview-20261008|i1 o2.7 c0.1|n1048576
switchpoint/router|i0.85 o3.4
tencent/hunyuan-a13b-instruct|i0.14 o0.57|n131072
tencent/hy-mt2-1.8b tencent/hy-mt2-1.8b-20260521|i0.044 o0.177|n8192
tencent/hy-mt2-30b-a3b tencent/hy-mt2-30b-a3b-20260521 tencent/hy-mt2-7b tencent/hy-mt2-7b-20260521|i0.074 o0.295|n8192
tencent/hy3-preview tencent/hy3-preview-20260421|i0.18 o0.6 c0.06|n262144
tencent/hy4 tencent/hy4-20261104|i0.417 o1.2505 c0.021|n1048576
thedrummer/anubis-pro-105b-v1|i0.8 o1
thedrummer/cydonia-24b-v4.1|i0.3 o0.5 c0.15|n131072
thedrummer/rocinante-12b|i0.25 o0.5
thedrummer/skyfall-36b-v2|i0.55 o0.8 c0.25|n32768
thinkingmachines/inkling thinkingmachines/inkling-20260715|i1 o4.05 c0.17|n524288
thinkingmachines/inkling-small thinkingmachines/inkling-small-20260730|i0.45 o1.2 c0.1|n524288
thinkingmachines/inkling-small:batch|i0.36 o0.96 c0.08|n524288
thinkingmachines/inkling-small:free thinkingmachines/inkling:free||n1048576
typesafe/jev-1.13 typesafe/jev-1.14 ~typesafe/jev-latest|i0.042|n32000
unbiased/pareto-26.10 unbiased/pareto-26.10-20261015 ~unbiased/pareto-latest|i0.8 o3.2 c0.03|n1048576
unbiased/pareto-26.9 unbiased/pareto-26.9-20260917|i2.5 o7.5 c0.25|n262144
undi95/remm-slerp-l2-13b|i0.35 o0.65|n6144
upstage/solar-mini4 upstage/solar-mini4-20260922|i0.05 o0.2 c0.005|n524288
upstage/solar-pro-3|i0.15 o0.6 c0.015|n131072
upstage/solar-pro4 upstage/solar-pro4-20260810|i0.15 o0.6 c0.03|n524288
writer/palmyra-x5 writer/palmyra-x5-20250428|i0.6 o6|n1040000
x-ai/grok-2-1212 x-ai/grok-2-vision-1212|i2 o10
x-ai/grok-3-mini-beta|i0.3 o0.5
x-ai/grok-4-fast|i0.2 o0.5 c0.05 t128000 i0.4 o1 c0.05|n2000000
x-ai/grok-4.1-fast:free||n2000000
x-ai/grok-4.20 x-ai/grok-4.20-20260309 x-ai/grok-4.20-multi-agent x-ai/grok-4.20-multi-agent-20260309|i1.25 o2.5 c0.2 t200000 i2.5 o5 c0.4|n2000000
x-ai/grok-4.3 x-ai/grok-4.3-20260430|i1.25 o2.5 c0.2 t200000 i2.5 o5 c0.4|n1000000
x-ai/grok-4.3:batch|i1 o2 c0.16 t200000 i2 o4 c0.32|n1000000
x-ai/grok-4.5 x-ai/grok-4.5-20260708|i2 o6 c0.3 t200000 i4 o12 c0.6|n500000
x-ai/grok-4.6 x-ai/grok-4.6-20260810 x-ai/grok-4.7 x-ai/grok-4.7-20260916 ~x-ai/grok-latest|i2 o6 c0.5 t200000 i4 o12 c1|n500000
x-ai/grok-4.6:batch x-ai/grok-4.7:batch|i1.6 o4.8 c0.4 t200000 i3.2 o9.6 c0.8|n500000
x-ai/grok-build-0.1 x-ai/grok-build-0.1-20260520|i1 o2 c0.2 t200000 i2 o4 c0.4|n256000
x-ai/grok-code-fast-1|i0.2 o1.5 c0.02|n256000
xiaomi/mimo-v2.5 xiaomi/mimo-v2.5-20260422|i0.4 o2 c0.08
xiaomi/mimo-v2.5-pro xiaomi/mimo-v2.5-pro-20260422|i0.435 o0.87 c0.0036
xiaomi/mimo-v2.6-flash xiaomi/mimo-v2.6-flash-20260921|i0.14 o0.28 c0.0028|n1050000
xiaomi/mimo-v2.6-pro xiaomi/mimo-v2.6-pro-20260921|i0.435 o0.87 c0.0036|n1050000
xiaomi/mimo-v2.6-pro-ultraspeed xiaomi/mimo-v2.6-pro-ultraspeed-20260921|i4.35 o8.7 c0.036|n1048576
xwin-lm/xwin-lm-70b|i3.75 o3.75
z-ai/glm-4.5|i0.6 o2.2 c0.11|n131072
z-ai/glm-4.5-air|i0.2 o1.1 c0.03|n131072
z-ai/glm-4.5v|i0.6 o1.8 c0.11|n65536
z-ai/glm-4.6 z-ai/glm-4.7 z-ai/glm-4.7-20251222|i0.6 o2.2 c0.11
z-ai/glm-4.6-20251208 z-ai/glm-4.6v|i0.3 o0.9 c0.05|n131072
z-ai/glm-4.7-flash z-ai/glm-4.7-flash-20260119|i0.0605 o0.4 c0.01
z-ai/glm-5 z-ai/glm-5-20260211|i1 o3.2 c0.2
z-ai/glm-5-turbo z-ai/glm-5-turbo-20260315 z-ai/glm-5v-turbo z-ai/glm-5v-turbo-20260401|i1.2 o4 c0.24|n202752
z-ai/glm-5.1 z-ai/glm-5.1-20260406|i1.4 o4.4 c0.26
z-ai/glm-5.2 z-ai/glm-5.2-20260616 z-ai/glm-5.3 z-ai/glm-5.3-20260816|i1.4 o4.4 c0.26|n1048576
z-ai/glm-5.2:batch|i0.623 o1.271 c0.21|n1048576
z-ai/glm-5.3-flash z-ai/glm-5.3-flash-20260826|i0.15 o0.5 c0.03|n1310720
z-ai/glm-5.3-flash:batch|i0.061 o0.124 c0.026|n1048576
z-ai/glm-5.3-flashx z-ai/glm-5.3-flashx-20260918 z-ai/glm-5.3-flashx-legal z-ai/glm-5.3-flashx-legal-20261102|i0.37 o1.25 c0.075|n1048576
z-ai/glm-5.3-prime z-ai/glm-5.3-prime-20260921|i2.8 o8.8 c0.56|n1000000
z-ai/glm-5.3:batch|i0.45 o2 c0.1|n1048576
~deepseek/deepseek-flash-latest|i0.05 o0.15 c0.012|n1048576
~deepseek/deepseek-pro-latest|i0.225 o8 c0.23|n1048576
~deepseek/deepseek-v4-flash-latest|i0.00688 o0.12 c0.00336|n1048576
~moonshotai/kimi-latest|i0.239 o11.936 c0.21|n1048576
~openai/gpt-latest|i5 o30 c0.5|n1050000
~openai/gpt-luna-latest|i0.1 o0.5 c0.01 w0.125 t272000 i0.2 o0.75 c0.02 w0.25|n1050000
~openai/gpt-sol-latest|i2 o10 c0.1 w2.5 t272000 i4 o15 c0.2 w5|n1050000
~z-ai/glm-flash-latest|i0.048 o0.2 c0.006|n1048576
~z-ai/glm-latest|i0.042 o6 c0.026|n1048576`
