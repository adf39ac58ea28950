"""A whole renovation with its truth, from people and physics.

Nothing here is drawn per stage. A stage shows itself only through what people do: work packages ask for
crews, crews bring tools, wet materials and cards, tools take current, rooms take up vapour and give it to
the weather. What makes an inference honest (`analytics.md` §3.2) is therefore part of the model:

a. card trades are wrong or general for 20-40 % of people, cards are shared and swipes missed (`badges`);
b. the same tools serve several stages (`tools`), the same people, too (`crews`);
c. the order differs from site to site, two or three stages run side by side, work is done again, days are
dead    (`packages`, `foreman`, `holidays`);
d. humidity follows weather, ventilation and drying layers (`weather`, `moisture`);
e. people live on site, charge e-bikes, heat (`living`);
f. sensors fall silent, clocks jump, meters are reset, pulses are of 1 or 10 L (`meters`, `device_faults`);
g. loads are switched appliances with duty cycles (`loads`), never a distribution of a stage;
h. every sensor can be left out: each device is a file of its own (`recording`).
"""
