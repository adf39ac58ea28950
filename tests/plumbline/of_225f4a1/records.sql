BEGIN TRANSACTION;
CREATE TABLE agent (
	firm TEXT NOT NULL, 
	site TEXT NOT NULL, 
	id TEXT NOT NULL, 
	CONSTRAINT pk_agent PRIMARY KEY (firm, site, id), 
	CONSTRAINT fk_agent_site FOREIGN KEY(firm, site) REFERENCES site (firm, id)
);
INSERT INTO "agent" VALUES('hengtong','fenglin-18','pi-1');
CREATE TABLE agent_state (
	site TEXT NOT NULL, 
	agent TEXT NOT NULL, 
	received BIGINT NOT NULL, 
	status TEXT NOT NULL, 
	CONSTRAINT pk_agent_state PRIMARY KEY (site, agent)
)
 WITHOUT ROWID

;
INSERT INTO "agent_state" VALUES('fenglin-18','pi-1',1763942399000,'{"v":1,"online":true,"sent":1763942398500,"stream":"01KAW9Q2V7Y8M3N5P6R8S0T2W4","version":"","started":null,"spool":{"batches":0,"bytes":0,"bound_bytes":0,"oldest":null,"last_seq":0},"dropped":{"readings":0,"events":0,"batches":[],"unspooled_readings":0,"last":null},"uplink":{"sent":0,"resent":0,"accepted":0,"refused":0,"last_receipt":null,"certificate_expires":null},"lines":[],"devices":[],"host":{"os":"","kernel":"","python":"","uptime_s":null,"cpu_temperature":null,"disk_free_bytes":null,"disk_wear_percent":null,"under_voltage":null,"throttled":null}}');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE device (
	firm TEXT NOT NULL, 
	site TEXT NOT NULL, 
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	room TEXT, 
	interval_s FLOAT, 
	CONSTRAINT pk_device PRIMARY KEY (firm, site, id), 
	CONSTRAINT fk_device_site FOREIGN KEY(firm, site) REFERENCES site (firm, id), 
	CONSTRAINT fk_device_room FOREIGN KEY(firm, site, room) REFERENCES room (firm, site, id)
);
INSERT INTO "device" VALUES('hengtong','fenglin-18','meter-main','electricity_meter',NULL,60.0);
INSERT INTO "device" VALUES('hengtong','fenglin-18','th-bath','climate','bath',300.0);
INSERT INTO "device" VALUES('hengtong','fenglin-18','gate','gate',NULL,NULL);
CREATE TABLE event (
	site TEXT NOT NULL, 
	time BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	agent TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_event PRIMARY KEY (site, time, kind, agent, digest)
)
 WITHOUT ROWID

;
INSERT INTO "event" VALUES('fenglin-18',1732431600000,'badge','pi-1',X'FDA671D16C3B29A7A3BD6F62E6676B60','{"device":"gate","time":1732431600000,"kind":"badge","badge":"b:00000000000000000000000000000000","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1732474800000,'badge','pi-1',X'DB9B729B81C6ACE9396610A511F468CA','{"device":"gate","time":1732474800000,"kind":"badge","badge":"b:00000000000000000000000000000000","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1732690800000,'badge','pi-1',X'1924627D94B31959B1C6796154248C2D','{"device":"gate","time":1732690800000,"kind":"badge","badge":"b:00000000000000000000000000000003","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1732734000000,'badge','pi-1',X'B8D2395ACAC2E3F393834AD74F2CC5E8','{"device":"gate","time":1732734000000,"kind":"badge","badge":"b:00000000000000000000000000000003","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1732950000000,'badge','pi-1',X'9CA8367B652807335E8812E980A7D8EE','{"device":"gate","time":1732950000000,"kind":"badge","badge":"b:00000000000000000000000000000006","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1732993200000,'badge','pi-1',X'499B7879902404B0EBF2B6CC7961F1AE','{"device":"gate","time":1732993200000,"kind":"badge","badge":"b:00000000000000000000000000000006","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1733209200000,'badge','pi-1',X'22F0DD746F8567767A2ADB9B73033CE6','{"device":"gate","time":1733209200000,"kind":"badge","badge":"b:00000000000000000000000000000009","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1733252400000,'badge','pi-1',X'47E02C1C6DE5B870DE5133DB03DF2B5E','{"device":"gate","time":1733252400000,"kind":"badge","badge":"b:00000000000000000000000000000009","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1733468400000,'badge','pi-1',X'E1E7E66FA4CF4441B2B6A0C4B8BB0E52','{"device":"gate","time":1733468400000,"kind":"badge","badge":"b:0000000000000000000000000000000c","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1733511600000,'badge','pi-1',X'DC15C5EA3FEDF5A97D22D0A85DCF02ED','{"device":"gate","time":1733511600000,"kind":"badge","badge":"b:0000000000000000000000000000000c","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1733727600000,'badge','pi-1',X'37A0E868834F82588606A7189D5850EC','{"device":"gate","time":1733727600000,"kind":"badge","badge":"b:0000000000000000000000000000000f","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1733770800000,'badge','pi-1',X'EF0213FC6B4DE83D4232DB0B47BDD561','{"device":"gate","time":1733770800000,"kind":"badge","badge":"b:0000000000000000000000000000000f","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1733986800000,'badge','pi-1',X'B479E48B18916643AB5799472C5661E5','{"device":"gate","time":1733986800000,"kind":"badge","badge":"b:00000000000000000000000000000012","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1734030000000,'badge','pi-1',X'78CFD20CFE47B3C5D1B29C6EFC02F447','{"device":"gate","time":1734030000000,"kind":"badge","badge":"b:00000000000000000000000000000012","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1734246000000,'badge','pi-1',X'AB423B9ED1F8997CD658B0F0343018E0','{"device":"gate","time":1734246000000,"kind":"badge","badge":"b:00000000000000000000000000000015","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1734289200000,'badge','pi-1',X'B17AFC9FF1A97B9F184C4A43AFFA6B60','{"device":"gate","time":1734289200000,"kind":"badge","badge":"b:00000000000000000000000000000015","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1734505200000,'badge','pi-1',X'715AD34E19AFD92F0FD9AB62D339EE1A','{"device":"gate","time":1734505200000,"kind":"badge","badge":"b:00000000000000000000000000000018","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1734548400000,'badge','pi-1',X'37DDECDE95A93923647A00ADBC9874EE','{"device":"gate","time":1734548400000,"kind":"badge","badge":"b:00000000000000000000000000000018","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1734764400000,'badge','pi-1',X'83F1B55897778D8CEAEBAE6644EBD933','{"device":"gate","time":1734764400000,"kind":"badge","badge":"b:0000000000000000000000000000001b","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1734807600000,'badge','pi-1',X'D7B8379DD300DA9DA57FD14D32ADA988','{"device":"gate","time":1734807600000,"kind":"badge","badge":"b:0000000000000000000000000000001b","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1735023600000,'badge','pi-1',X'C03D15B4FE18820674226B630F70F5DB','{"device":"gate","time":1735023600000,"kind":"badge","badge":"b:0000000000000000000000000000001e","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1735066800000,'badge','pi-1',X'10B64309870D43A3DDC513206CBC1B4E','{"device":"gate","time":1735066800000,"kind":"badge","badge":"b:0000000000000000000000000000001e","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1735282800000,'badge','pi-1',X'314F609F8C8DF38C41F0107DCA8F7955','{"device":"gate","time":1735282800000,"kind":"badge","badge":"b:00000000000000000000000000000021","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1735326000000,'badge','pi-1',X'07AEA603C092A708CE7147F3DAF9258C','{"device":"gate","time":1735326000000,"kind":"badge","badge":"b:00000000000000000000000000000021","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1735542000000,'badge','pi-1',X'2D7DF5CE4B8002772F3E2944520C894F','{"device":"gate","time":1735542000000,"kind":"badge","badge":"b:00000000000000000000000000000024","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1735585200000,'badge','pi-1',X'5AF8FF983A6751D9DE260059E99C1A83','{"device":"gate","time":1735585200000,"kind":"badge","badge":"b:00000000000000000000000000000024","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1735801200000,'badge','pi-1',X'A7E9F8EEB8C6F42A61E6BCB9295790D5','{"device":"gate","time":1735801200000,"kind":"badge","badge":"b:00000000000000000000000000000027","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1735844400000,'badge','pi-1',X'1F8D3C49A2686B081EE9B02144D4D8BF','{"device":"gate","time":1735844400000,"kind":"badge","badge":"b:00000000000000000000000000000027","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1736060400000,'badge','pi-1',X'9BCFC67E765F501ADAB4C373D1F3EF42','{"device":"gate","time":1736060400000,"kind":"badge","badge":"b:0000000000000000000000000000002a","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1736103600000,'badge','pi-1',X'C33AA9950985CA2E5512A9711BBD56FA','{"device":"gate","time":1736103600000,"kind":"badge","badge":"b:0000000000000000000000000000002a","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1736319600000,'badge','pi-1',X'044BEA2DA70AE1623B424BB13F83D99B','{"device":"gate","time":1736319600000,"kind":"badge","badge":"b:0000000000000000000000000000002d","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1736362800000,'badge','pi-1',X'C63C1EB6E639FD218DBCE103A40A00AD','{"device":"gate","time":1736362800000,"kind":"badge","badge":"b:0000000000000000000000000000002d","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1736578800000,'badge','pi-1',X'DBDB47BEF538A370FD8A200CF0280866','{"device":"gate","time":1736578800000,"kind":"badge","badge":"b:00000000000000000000000000000030","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1736622000000,'badge','pi-1',X'30D150965BD7B61DCD2D22ACE593941B','{"device":"gate","time":1736622000000,"kind":"badge","badge":"b:00000000000000000000000000000030","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1736838000000,'badge','pi-1',X'D7DBF27E383AA48F7D52FB53F138033F','{"device":"gate","time":1736838000000,"kind":"badge","badge":"b:00000000000000000000000000000033","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1736881200000,'badge','pi-1',X'EA426C36F9A33E97EB00AA272B87A7CE','{"device":"gate","time":1736881200000,"kind":"badge","badge":"b:00000000000000000000000000000033","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1737097200000,'badge','pi-1',X'C795E6E1F12097D53D3D8469B5CD17D3','{"device":"gate","time":1737097200000,"kind":"badge","badge":"b:00000000000000000000000000000036","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1737140400000,'badge','pi-1',X'CAFD62EF086F838561AEA7B9E5DD6BF8','{"device":"gate","time":1737140400000,"kind":"badge","badge":"b:00000000000000000000000000000036","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1737356400000,'badge','pi-1',X'5AC3F284174B4C7755E20E70857BD4B1','{"device":"gate","time":1737356400000,"kind":"badge","badge":"b:00000000000000000000000000000039","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1737399600000,'badge','pi-1',X'531B0E46297300AF0A48ECE3C9AFFB15','{"device":"gate","time":1737399600000,"kind":"badge","badge":"b:00000000000000000000000000000039","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1737615600000,'badge','pi-1',X'B99CEEA4A4A99B7EF3842C6C96976D3C','{"device":"gate","time":1737615600000,"kind":"badge","badge":"b:0000000000000000000000000000003c","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1737658800000,'badge','pi-1',X'F165CD4E2985AEFFAA4C224DA72B3A1B','{"device":"gate","time":1737658800000,"kind":"badge","badge":"b:0000000000000000000000000000003c","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1737874800000,'badge','pi-1',X'00B62A24E09563A67E107491221EA922','{"device":"gate","time":1737874800000,"kind":"badge","badge":"b:0000000000000000000000000000003f","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1737918000000,'badge','pi-1',X'6BD4A0D9EF8518385E846E7A5E7E73B2','{"device":"gate","time":1737918000000,"kind":"badge","badge":"b:0000000000000000000000000000003f","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1738134000000,'badge','pi-1',X'983C0DF27FA1B7B81F818EAADBD00635','{"device":"gate","time":1738134000000,"kind":"badge","badge":"b:00000000000000000000000000000042","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1738177200000,'badge','pi-1',X'B80616104A85ADA382547BA03A4D6611','{"device":"gate","time":1738177200000,"kind":"badge","badge":"b:00000000000000000000000000000042","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1738393200000,'badge','pi-1',X'41EAD5E98592874D07E07846C88C64F6','{"device":"gate","time":1738393200000,"kind":"badge","badge":"b:00000000000000000000000000000045","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1738436400000,'badge','pi-1',X'BB8F9F1649DA7E231FC27646C677A8E9','{"device":"gate","time":1738436400000,"kind":"badge","badge":"b:00000000000000000000000000000045","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1738652400000,'badge','pi-1',X'4C2F350C733F21C8AAFCED9C55933CF2','{"device":"gate","time":1738652400000,"kind":"badge","badge":"b:00000000000000000000000000000048","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1738695600000,'badge','pi-1',X'1930AABD02FD87CFD2F3CD85783CD8F7','{"device":"gate","time":1738695600000,"kind":"badge","badge":"b:00000000000000000000000000000048","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1738911600000,'badge','pi-1',X'02A01698184D31F3ED990FA9849F104F','{"device":"gate","time":1738911600000,"kind":"badge","badge":"b:0000000000000000000000000000004b","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1738954800000,'badge','pi-1',X'21822F5C7BE3C3F419DE95DCD1B63B33','{"device":"gate","time":1738954800000,"kind":"badge","badge":"b:0000000000000000000000000000004b","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1739170800000,'badge','pi-1',X'CB81929143F747F9E8020700B04B8DC6','{"device":"gate","time":1739170800000,"kind":"badge","badge":"b:0000000000000000000000000000004e","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1739214000000,'badge','pi-1',X'9C83D933DDCBE1E7FD3704F26BE17EF8','{"device":"gate","time":1739214000000,"kind":"badge","badge":"b:0000000000000000000000000000004e","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1739430000000,'badge','pi-1',X'DF43F4F5C2DFFE75536CB5C66AB5C573','{"device":"gate","time":1739430000000,"kind":"badge","badge":"b:00000000000000000000000000000051","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1739473200000,'badge','pi-1',X'210AC548D9430B40A86091D41CCF2EE8','{"device":"gate","time":1739473200000,"kind":"badge","badge":"b:00000000000000000000000000000051","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1739689200000,'badge','pi-1',X'D665A488D84063E5964B970C73BD73FA','{"device":"gate","time":1739689200000,"kind":"badge","badge":"b:00000000000000000000000000000054","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1739732400000,'badge','pi-1',X'76DAFB9C90E9DBB51C201D5CE606D1ED','{"device":"gate","time":1739732400000,"kind":"badge","badge":"b:00000000000000000000000000000054","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1739948400000,'badge','pi-1',X'058B71EF7739F14172706534BDADC040','{"device":"gate","time":1739948400000,"kind":"badge","badge":"b:00000000000000000000000000000057","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1739991600000,'badge','pi-1',X'FF213B0EDCA7882DD503834B11CB7FED','{"device":"gate","time":1739991600000,"kind":"badge","badge":"b:00000000000000000000000000000057","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1740207600000,'badge','pi-1',X'A0C1B8079D24115BEC30FB250FC700C1','{"device":"gate","time":1740207600000,"kind":"badge","badge":"b:0000000000000000000000000000005a","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1740250800000,'badge','pi-1',X'0C1410BE40E328748A1E69206AC86F25','{"device":"gate","time":1740250800000,"kind":"badge","badge":"b:0000000000000000000000000000005a","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1740466800000,'badge','pi-1',X'E2C70C1C97095C7B76CAE6706A9808EA','{"device":"gate","time":1740466800000,"kind":"badge","badge":"b:0000000000000000000000000000005d","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1740510000000,'badge','pi-1',X'029BE054B31929561E14621D7501E6C0','{"device":"gate","time":1740510000000,"kind":"badge","badge":"b:0000000000000000000000000000005d","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1740726000000,'badge','pi-1',X'D16BF63BDA8331471CEEB799FFDF565B','{"device":"gate","time":1740726000000,"kind":"badge","badge":"b:00000000000000000000000000000060","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1740769200000,'badge','pi-1',X'2E0F7D58A3AF996DB07D88888AEE2FF6','{"device":"gate","time":1740769200000,"kind":"badge","badge":"b:00000000000000000000000000000060","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1740985200000,'badge','pi-1',X'5D99B31272A8881C4615BFA581E7042D','{"device":"gate","time":1740985200000,"kind":"badge","badge":"b:00000000000000000000000000000063","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1741028400000,'badge','pi-1',X'4E39D82AED62B7090138FA6FB67D17B6','{"device":"gate","time":1741028400000,"kind":"badge","badge":"b:00000000000000000000000000000063","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1741244400000,'badge','pi-1',X'06B364C40DBAA2ACE6CDDF313C40C03F','{"device":"gate","time":1741244400000,"kind":"badge","badge":"b:00000000000000000000000000000066","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1741287600000,'badge','pi-1',X'3126E4A16F736B5583E2380666DF54ED','{"device":"gate","time":1741287600000,"kind":"badge","badge":"b:00000000000000000000000000000066","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1741503600000,'badge','pi-1',X'28756275058DFEF7964DCD2F1DC1B415','{"device":"gate","time":1741503600000,"kind":"badge","badge":"b:00000000000000000000000000000069","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1741546800000,'badge','pi-1',X'68DDC3193B7222D26968397ABA9AE018','{"device":"gate","time":1741546800000,"kind":"badge","badge":"b:00000000000000000000000000000069","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1741762800000,'badge','pi-1',X'9C4E9E7CA9A9227456AC4F1C4F322DF0','{"device":"gate","time":1741762800000,"kind":"badge","badge":"b:0000000000000000000000000000006c","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1741806000000,'badge','pi-1',X'2840171409B5534C59E57A5B60B4EB3A','{"device":"gate","time":1741806000000,"kind":"badge","badge":"b:0000000000000000000000000000006c","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1742022000000,'badge','pi-1',X'4F30B9026272BB6C617B5E78ED3E4E3B','{"device":"gate","time":1742022000000,"kind":"badge","badge":"b:0000000000000000000000000000006f","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1742065200000,'badge','pi-1',X'00F84B5044853187EF59294080476079','{"device":"gate","time":1742065200000,"kind":"badge","badge":"b:0000000000000000000000000000006f","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1742281200000,'badge','pi-1',X'3207B356498E471A2FF4D29F0D8C4408','{"device":"gate","time":1742281200000,"kind":"badge","badge":"b:00000000000000000000000000000072","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1742324400000,'badge','pi-1',X'8F38010E37B8F10A418D7E7F8A17982F','{"device":"gate","time":1742324400000,"kind":"badge","badge":"b:00000000000000000000000000000072","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1742540400000,'badge','pi-1',X'818ABA97399B46D42C1067EDC966A8E0','{"device":"gate","time":1742540400000,"kind":"badge","badge":"b:00000000000000000000000000000075","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1742583600000,'badge','pi-1',X'811F18C563AAB29451E3FD1397B9B050','{"device":"gate","time":1742583600000,"kind":"badge","badge":"b:00000000000000000000000000000075","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1742799600000,'badge','pi-1',X'1B55B923E8AA33097125870A77D62DB6','{"device":"gate","time":1742799600000,"kind":"badge","badge":"b:00000000000000000000000000000078","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1742842800000,'badge','pi-1',X'BE309A0D654E7D6BDBA1439CFDDE0642','{"device":"gate","time":1742842800000,"kind":"badge","badge":"b:00000000000000000000000000000078","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1743058800000,'badge','pi-1',X'71B1F7A02ADCAC447C1EAA88C202806F','{"device":"gate","time":1743058800000,"kind":"badge","badge":"b:0000000000000000000000000000007b","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1743102000000,'badge','pi-1',X'8425C8EA3912ABD891B3A5D65CEB8843','{"device":"gate","time":1743102000000,"kind":"badge","badge":"b:0000000000000000000000000000007b","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1743318000000,'badge','pi-1',X'DE6A2689EB5974EFFF96AE32B4A31BEB','{"device":"gate","time":1743318000000,"kind":"badge","badge":"b:0000000000000000000000000000007e","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1743361200000,'badge','pi-1',X'839B1D1DFD31761FE4AEDE781893AC68','{"device":"gate","time":1743361200000,"kind":"badge","badge":"b:0000000000000000000000000000007e","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1743577200000,'badge','pi-1',X'1D61A395427D66EB8307DE1A569CDD23','{"device":"gate","time":1743577200000,"kind":"badge","badge":"b:00000000000000000000000000000081","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1743620400000,'badge','pi-1',X'7726118EE7846482F1DB110E4367324C','{"device":"gate","time":1743620400000,"kind":"badge","badge":"b:00000000000000000000000000000081","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1743836400000,'badge','pi-1',X'15D854046A97019DACDAE00F808A099E','{"device":"gate","time":1743836400000,"kind":"badge","badge":"b:00000000000000000000000000000084","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1743879600000,'badge','pi-1',X'708351D5841118792E119188AA27FB58','{"device":"gate","time":1743879600000,"kind":"badge","badge":"b:00000000000000000000000000000084","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1744095600000,'badge','pi-1',X'FF72389A47386CCB3B02F2B288C1B5AE','{"device":"gate","time":1744095600000,"kind":"badge","badge":"b:00000000000000000000000000000087","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1744138800000,'badge','pi-1',X'081E2A3B44A54AD0846D94C4BE597109','{"device":"gate","time":1744138800000,"kind":"badge","badge":"b:00000000000000000000000000000087","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1744354800000,'badge','pi-1',X'F79231789BFFD0AD0C119809741EDA76','{"device":"gate","time":1744354800000,"kind":"badge","badge":"b:0000000000000000000000000000008a","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1744398000000,'badge','pi-1',X'BAAD3F298570AA8B34564C9AC1BC132B','{"device":"gate","time":1744398000000,"kind":"badge","badge":"b:0000000000000000000000000000008a","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1744614000000,'badge','pi-1',X'64124FC24A6DA09A1A50ABCD4D12A1E7','{"device":"gate","time":1744614000000,"kind":"badge","badge":"b:0000000000000000000000000000008d","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1744657200000,'badge','pi-1',X'B12264519B169BDA0D76A72514A0BDAF','{"device":"gate","time":1744657200000,"kind":"badge","badge":"b:0000000000000000000000000000008d","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1744873200000,'badge','pi-1',X'83E565DADCC2512C8235361583946A1A','{"device":"gate","time":1744873200000,"kind":"badge","badge":"b:00000000000000000000000000000090","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1744916400000,'badge','pi-1',X'CD10E461937AE848F41D5E1F8F3A95F4','{"device":"gate","time":1744916400000,"kind":"badge","badge":"b:00000000000000000000000000000090","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1745132400000,'badge','pi-1',X'6174126BA20C47392EB1975FCC33E156','{"device":"gate","time":1745132400000,"kind":"badge","badge":"b:00000000000000000000000000000093","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1745175600000,'badge','pi-1',X'FEFFE5FEDF95C73C2D0C0C2CDDD50D5B','{"device":"gate","time":1745175600000,"kind":"badge","badge":"b:00000000000000000000000000000093","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1745391600000,'badge','pi-1',X'C58AD27F6FB5FB1A38E45F42E0A5D83C','{"device":"gate","time":1745391600000,"kind":"badge","badge":"b:00000000000000000000000000000096","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1745434800000,'badge','pi-1',X'A0FA3A2F9749FCC3B5A8FE3DEF837495','{"device":"gate","time":1745434800000,"kind":"badge","badge":"b:00000000000000000000000000000096","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1745650800000,'badge','pi-1',X'FA44CC3CB18CBA96C3F5777B2CA9CAB3','{"device":"gate","time":1745650800000,"kind":"badge","badge":"b:00000000000000000000000000000099","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1745694000000,'badge','pi-1',X'3ABBCF3A198E53801FB2DAE4CDE36D27','{"device":"gate","time":1745694000000,"kind":"badge","badge":"b:00000000000000000000000000000099","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1745910000000,'badge','pi-1',X'5AA0F4443AA23DB917F0F7A6A9E48E21','{"device":"gate","time":1745910000000,"kind":"badge","badge":"b:0000000000000000000000000000009c","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1745953200000,'badge','pi-1',X'C1812FDDFF2655E28CED0D50A663816E','{"device":"gate","time":1745953200000,"kind":"badge","badge":"b:0000000000000000000000000000009c","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1746169200000,'badge','pi-1',X'CA62AACC330CF4957508C6F85B412F29','{"device":"gate","time":1746169200000,"kind":"badge","badge":"b:0000000000000000000000000000009f","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1746212400000,'badge','pi-1',X'240C4BA637B5A1260B4F2F20CBDED994','{"device":"gate","time":1746212400000,"kind":"badge","badge":"b:0000000000000000000000000000009f","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1746428400000,'badge','pi-1',X'D78D378EE44CFE7910ED7F6E74AD8F5A','{"device":"gate","time":1746428400000,"kind":"badge","badge":"b:000000000000000000000000000000a2","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1746471600000,'badge','pi-1',X'9E024517115F3E9CE2D4CBF20A727535','{"device":"gate","time":1746471600000,"kind":"badge","badge":"b:000000000000000000000000000000a2","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1746687600000,'badge','pi-1',X'A86341D1DC29B4A097ADFCFD0E373C53','{"device":"gate","time":1746687600000,"kind":"badge","badge":"b:000000000000000000000000000000a5","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1746730800000,'badge','pi-1',X'3F4E9BF6B2E92904F148E236954B496A','{"device":"gate","time":1746730800000,"kind":"badge","badge":"b:000000000000000000000000000000a5","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1746946800000,'badge','pi-1',X'A07E23F57893CA56BF87ACFEFAB4BF2E','{"device":"gate","time":1746946800000,"kind":"badge","badge":"b:000000000000000000000000000000a8","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1746990000000,'badge','pi-1',X'4B2BAB3CBA1A00AE18FDE721E39B0B2C','{"device":"gate","time":1746990000000,"kind":"badge","badge":"b:000000000000000000000000000000a8","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1747206000000,'badge','pi-1',X'F91E7F09D08509BF2490B1A52137A11E','{"device":"gate","time":1747206000000,"kind":"badge","badge":"b:000000000000000000000000000000ab","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1747249200000,'badge','pi-1',X'9F9CD10E5518AA29FB8DC9B72274ACCD','{"device":"gate","time":1747249200000,"kind":"badge","badge":"b:000000000000000000000000000000ab","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1747465200000,'badge','pi-1',X'EEB2176BEF318BB39359D5A56A57C502','{"device":"gate","time":1747465200000,"kind":"badge","badge":"b:000000000000000000000000000000ae","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1747508400000,'badge','pi-1',X'0F81A5E106FE25F9625DD526869E7764','{"device":"gate","time":1747508400000,"kind":"badge","badge":"b:000000000000000000000000000000ae","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1747724400000,'badge','pi-1',X'95B9465939C34EDB1CB32E7B9BE5E916','{"device":"gate","time":1747724400000,"kind":"badge","badge":"b:000000000000000000000000000000b1","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1747767600000,'badge','pi-1',X'27B6D03CD603BB1ADD27EF8A9D082502','{"device":"gate","time":1747767600000,"kind":"badge","badge":"b:000000000000000000000000000000b1","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1747983600000,'badge','pi-1',X'E348BA2F7638C775B63FEF6744F7BFD0','{"device":"gate","time":1747983600000,"kind":"badge","badge":"b:000000000000000000000000000000b4","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1748026800000,'badge','pi-1',X'98EF875F05D1CB031C71CC82A3375073','{"device":"gate","time":1748026800000,"kind":"badge","badge":"b:000000000000000000000000000000b4","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1748242800000,'badge','pi-1',X'1F1F13781580DF3A7D6CAE7B240D0D0E','{"device":"gate","time":1748242800000,"kind":"badge","badge":"b:000000000000000000000000000000b7","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1748286000000,'badge','pi-1',X'42EA8CEFE540345908BB8375B8493725','{"device":"gate","time":1748286000000,"kind":"badge","badge":"b:000000000000000000000000000000b7","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1748502000000,'badge','pi-1',X'0B4EDAF8532CCC2DDC435D3EE7FDA2B1','{"device":"gate","time":1748502000000,"kind":"badge","badge":"b:000000000000000000000000000000ba","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1748545200000,'badge','pi-1',X'970A993B5449ABEF661C7DCE75C04553','{"device":"gate","time":1748545200000,"kind":"badge","badge":"b:000000000000000000000000000000ba","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1748761200000,'badge','pi-1',X'E9EC1630A3BE8FBB4D8C188E7BF9EF28','{"device":"gate","time":1748761200000,"kind":"badge","badge":"b:000000000000000000000000000000bd","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1748804400000,'badge','pi-1',X'87A7FE0DD4258A35C06F49287B1ABF08','{"device":"gate","time":1748804400000,"kind":"badge","badge":"b:000000000000000000000000000000bd","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1749020400000,'badge','pi-1',X'C77BC01BEC982FD24567761F5059AD7B','{"device":"gate","time":1749020400000,"kind":"badge","badge":"b:000000000000000000000000000000c0","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1749063600000,'badge','pi-1',X'96E63B366E000B43434026C46294E092','{"device":"gate","time":1749063600000,"kind":"badge","badge":"b:000000000000000000000000000000c0","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1749279600000,'badge','pi-1',X'DBBBF55DDA58D711EC26501BC2BCB332','{"device":"gate","time":1749279600000,"kind":"badge","badge":"b:000000000000000000000000000000c3","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1749322800000,'badge','pi-1',X'E24720CB91484D57B309FAAB92570F31','{"device":"gate","time":1749322800000,"kind":"badge","badge":"b:000000000000000000000000000000c3","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1749538800000,'badge','pi-1',X'3FAC365F91D19FF9DD6B58C3C3B6AB0C','{"device":"gate","time":1749538800000,"kind":"badge","badge":"b:000000000000000000000000000000c6","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1749582000000,'badge','pi-1',X'7036B7C59D6909BAEEFD9C380FD02BEE','{"device":"gate","time":1749582000000,"kind":"badge","badge":"b:000000000000000000000000000000c6","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1749798000000,'badge','pi-1',X'5C0AF10FC8063AEB6B0144CB0D467B1A','{"device":"gate","time":1749798000000,"kind":"badge","badge":"b:000000000000000000000000000000c9","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1749841200000,'badge','pi-1',X'C2D98FE50DA92F9A140713427B5A8E40','{"device":"gate","time":1749841200000,"kind":"badge","badge":"b:000000000000000000000000000000c9","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1750057200000,'badge','pi-1',X'8A0210AC1CFC3911C6AFA1B11195FBA8','{"device":"gate","time":1750057200000,"kind":"badge","badge":"b:000000000000000000000000000000cc","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1750100400000,'badge','pi-1',X'4D40239A919DA65A389A296313CF3893','{"device":"gate","time":1750100400000,"kind":"badge","badge":"b:000000000000000000000000000000cc","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1750316400000,'badge','pi-1',X'1E7DC2A3F7BA5CB62FF5946911C2B9A6','{"device":"gate","time":1750316400000,"kind":"badge","badge":"b:000000000000000000000000000000cf","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1750359600000,'badge','pi-1',X'1211DECD864ACCA136F4633E92851F54','{"device":"gate","time":1750359600000,"kind":"badge","badge":"b:000000000000000000000000000000cf","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1750575600000,'badge','pi-1',X'EA9D9573CA7FBAB71E5C31410EB36731','{"device":"gate","time":1750575600000,"kind":"badge","badge":"b:000000000000000000000000000000d2","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1750618800000,'badge','pi-1',X'157ED8455D267DB72A9DFD8774963E68','{"device":"gate","time":1750618800000,"kind":"badge","badge":"b:000000000000000000000000000000d2","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1750834800000,'badge','pi-1',X'1EFAC73BA03DDF756B77C8C07CF59228','{"device":"gate","time":1750834800000,"kind":"badge","badge":"b:000000000000000000000000000000d5","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1750878000000,'badge','pi-1',X'8685FBBDEEC398CA0731B39E82C23453','{"device":"gate","time":1750878000000,"kind":"badge","badge":"b:000000000000000000000000000000d5","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1751094000000,'badge','pi-1',X'0B5678607BEB5E1251AD90D38FC18D0D','{"device":"gate","time":1751094000000,"kind":"badge","badge":"b:000000000000000000000000000000d8","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1751137200000,'badge','pi-1',X'430615C41BB069E6E67EB9A8F61005F4','{"device":"gate","time":1751137200000,"kind":"badge","badge":"b:000000000000000000000000000000d8","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1751353200000,'badge','pi-1',X'6E9CA7956E87FEAC10B2933DC5A0C3A8','{"device":"gate","time":1751353200000,"kind":"badge","badge":"b:000000000000000000000000000000db","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1751396400000,'badge','pi-1',X'E9FD6028BA7AB18AC8690B8350827893','{"device":"gate","time":1751396400000,"kind":"badge","badge":"b:000000000000000000000000000000db","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1751612400000,'badge','pi-1',X'41DFAE83F65DDF75186C0B55DB8B7BFC','{"device":"gate","time":1751612400000,"kind":"badge","badge":"b:000000000000000000000000000000de","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1751655600000,'badge','pi-1',X'F56CF99D4DC6B17AD6481BF5DC4EC063','{"device":"gate","time":1751655600000,"kind":"badge","badge":"b:000000000000000000000000000000de","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1751871600000,'badge','pi-1',X'03D67CF1C0FB1ABE5ADCAFBF4F579B82','{"device":"gate","time":1751871600000,"kind":"badge","badge":"b:000000000000000000000000000000e1","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1751914800000,'badge','pi-1',X'98F77D91D2114B7E2C6EEED1B52777EC','{"device":"gate","time":1751914800000,"kind":"badge","badge":"b:000000000000000000000000000000e1","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1752130800000,'badge','pi-1',X'D2521C1B4FC732A6BEEF9A7CB20E38E2','{"device":"gate","time":1752130800000,"kind":"badge","badge":"b:000000000000000000000000000000e4","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1752174000000,'badge','pi-1',X'51F50CF46A6F96CA55D2492EB794FB58','{"device":"gate","time":1752174000000,"kind":"badge","badge":"b:000000000000000000000000000000e4","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1752390000000,'badge','pi-1',X'1417CCD0BFE662170B6910EE56AC1EF6','{"device":"gate","time":1752390000000,"kind":"badge","badge":"b:000000000000000000000000000000e7","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1752433200000,'badge','pi-1',X'CCE0F04C57820F74C5A2C885D5438911','{"device":"gate","time":1752433200000,"kind":"badge","badge":"b:000000000000000000000000000000e7","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1752649200000,'badge','pi-1',X'ECC503D4D7D687F61D7DF67D4C64FD42','{"device":"gate","time":1752649200000,"kind":"badge","badge":"b:000000000000000000000000000000ea","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1752692400000,'badge','pi-1',X'397AEA6615A9F0B45D8A06376341A79F','{"device":"gate","time":1752692400000,"kind":"badge","badge":"b:000000000000000000000000000000ea","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1752908400000,'badge','pi-1',X'39E0E3803CFC04E9A240D578BFCBB7FC','{"device":"gate","time":1752908400000,"kind":"badge","badge":"b:000000000000000000000000000000ed","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1752951600000,'badge','pi-1',X'D8659AA4C1EF29E6CEE2D9F5CA745A90','{"device":"gate","time":1752951600000,"kind":"badge","badge":"b:000000000000000000000000000000ed","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1753167600000,'badge','pi-1',X'33B8FB611B158955B0A05AE048685DC4','{"device":"gate","time":1753167600000,"kind":"badge","badge":"b:000000000000000000000000000000f0","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1753210800000,'badge','pi-1',X'AAA9E9642EF425E9F31FB608B625A801','{"device":"gate","time":1753210800000,"kind":"badge","badge":"b:000000000000000000000000000000f0","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1753426800000,'badge','pi-1',X'6F86F62B603A9D217FE0B83003B942A5','{"device":"gate","time":1753426800000,"kind":"badge","badge":"b:000000000000000000000000000000f3","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1753470000000,'badge','pi-1',X'0B630F7DF52E2546909DAF355CCA5478','{"device":"gate","time":1753470000000,"kind":"badge","badge":"b:000000000000000000000000000000f3","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1753686000000,'badge','pi-1',X'238F0D0B2C5F933345E65ACF1448A1B1','{"device":"gate","time":1753686000000,"kind":"badge","badge":"b:000000000000000000000000000000f6","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1753729200000,'badge','pi-1',X'0487F7A0153266AB23BDE42207A20CE7','{"device":"gate","time":1753729200000,"kind":"badge","badge":"b:000000000000000000000000000000f6","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1753945200000,'badge','pi-1',X'C19A9891D03FF84AD3EFDDC7ED08CA8B','{"device":"gate","time":1753945200000,"kind":"badge","badge":"b:000000000000000000000000000000f9","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1753988400000,'badge','pi-1',X'971DD838A2FFB4225FC5441588241F95','{"device":"gate","time":1753988400000,"kind":"badge","badge":"b:000000000000000000000000000000f9","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1754204400000,'badge','pi-1',X'A51D5DAB94A122EAE09A55903EA44F17','{"device":"gate","time":1754204400000,"kind":"badge","badge":"b:000000000000000000000000000000fc","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1754247600000,'badge','pi-1',X'93832BCF4D0AD3E9F228DA674FCD89FF','{"device":"gate","time":1754247600000,"kind":"badge","badge":"b:000000000000000000000000000000fc","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1754463600000,'badge','pi-1',X'41AC15A4DF36894DC52167646ABA6977','{"device":"gate","time":1754463600000,"kind":"badge","badge":"b:000000000000000000000000000000ff","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1754506800000,'badge','pi-1',X'E3A370B5BC2C7EBF6BAA73070D28153B','{"device":"gate","time":1754506800000,"kind":"badge","badge":"b:000000000000000000000000000000ff","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1754722800000,'badge','pi-1',X'0206A3E404E190E515DCEDDBCFB0BA76','{"device":"gate","time":1754722800000,"kind":"badge","badge":"b:00000000000000000000000000000102","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1754766000000,'badge','pi-1',X'54B5D6A949B4AA297946388A2259CDAD','{"device":"gate","time":1754766000000,"kind":"badge","badge":"b:00000000000000000000000000000102","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1754982000000,'badge','pi-1',X'AD170215AE5370FB491F2BBCB5BA0F47','{"device":"gate","time":1754982000000,"kind":"badge","badge":"b:00000000000000000000000000000105","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1755025200000,'badge','pi-1',X'F472C9F62C0F996AEE9F7997ECDC3F92','{"device":"gate","time":1755025200000,"kind":"badge","badge":"b:00000000000000000000000000000105","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1755241200000,'badge','pi-1',X'358E7A99A49EA54965E1ABD5980DFFA5','{"device":"gate","time":1755241200000,"kind":"badge","badge":"b:00000000000000000000000000000108","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1755284400000,'badge','pi-1',X'644966F3F180A1598B10AE3E13C84408','{"device":"gate","time":1755284400000,"kind":"badge","badge":"b:00000000000000000000000000000108","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1755500400000,'badge','pi-1',X'E538B46FBD74267E6F33235D8653CD86','{"device":"gate","time":1755500400000,"kind":"badge","badge":"b:0000000000000000000000000000010b","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1755543600000,'badge','pi-1',X'1680190203BB948AAEACBB5D255B91EF','{"device":"gate","time":1755543600000,"kind":"badge","badge":"b:0000000000000000000000000000010b","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1755759600000,'badge','pi-1',X'78B0A04E49BA03E842443A1E56DA70D6','{"device":"gate","time":1755759600000,"kind":"badge","badge":"b:0000000000000000000000000000010e","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1755802800000,'badge','pi-1',X'98E5FC5973C05C151A147D03D09BB5DF','{"device":"gate","time":1755802800000,"kind":"badge","badge":"b:0000000000000000000000000000010e","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1756018800000,'badge','pi-1',X'8F1052CD29029ED33A3C45091538A1C4','{"device":"gate","time":1756018800000,"kind":"badge","badge":"b:00000000000000000000000000000111","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1756062000000,'badge','pi-1',X'9F42FCD3844E49C9DC3E4A128AADA926','{"device":"gate","time":1756062000000,"kind":"badge","badge":"b:00000000000000000000000000000111","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1756278000000,'badge','pi-1',X'4287F27F70D6E848D5E0D6466D6725D6','{"device":"gate","time":1756278000000,"kind":"badge","badge":"b:00000000000000000000000000000114","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1756321200000,'badge','pi-1',X'BDEC7BA5375F25E794E3F8F0375F4DF3','{"device":"gate","time":1756321200000,"kind":"badge","badge":"b:00000000000000000000000000000114","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1756537200000,'badge','pi-1',X'6285C8786A06BA1BA4724142C3B4A3AF','{"device":"gate","time":1756537200000,"kind":"badge","badge":"b:00000000000000000000000000000117","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1756580400000,'badge','pi-1',X'D7E4947E3E3AB4ABEAE240324DD7891E','{"device":"gate","time":1756580400000,"kind":"badge","badge":"b:00000000000000000000000000000117","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1756796400000,'badge','pi-1',X'D7F5167399B6E26D338ECFC20B5B1A66','{"device":"gate","time":1756796400000,"kind":"badge","badge":"b:0000000000000000000000000000011a","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1756839600000,'badge','pi-1',X'5CFAF393BA2DA458BC35C9682BC8429A','{"device":"gate","time":1756839600000,"kind":"badge","badge":"b:0000000000000000000000000000011a","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1757055600000,'badge','pi-1',X'31399E5B3567F54F33E8DDB4ED3FAC35','{"device":"gate","time":1757055600000,"kind":"badge","badge":"b:0000000000000000000000000000011d","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1757098800000,'badge','pi-1',X'D4E6B0C6866A0C335857F9EBB157E4C9','{"device":"gate","time":1757098800000,"kind":"badge","badge":"b:0000000000000000000000000000011d","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1757314800000,'badge','pi-1',X'4D6EE144482EF884A8A36A1DA3CA06EC','{"device":"gate","time":1757314800000,"kind":"badge","badge":"b:00000000000000000000000000000120","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1757358000000,'badge','pi-1',X'BA24BA89A87B097D834E895A899EB741','{"device":"gate","time":1757358000000,"kind":"badge","badge":"b:00000000000000000000000000000120","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1757574000000,'badge','pi-1',X'6C37BD4AB8A41E307053DE392F2C9EF6','{"device":"gate","time":1757574000000,"kind":"badge","badge":"b:00000000000000000000000000000123","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1757617200000,'badge','pi-1',X'E35A35AB7A6AF156371E6D2F84C11B8C','{"device":"gate","time":1757617200000,"kind":"badge","badge":"b:00000000000000000000000000000123","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1757833200000,'badge','pi-1',X'E15118FE7EDA84083B4BBBA753B97BBF','{"device":"gate","time":1757833200000,"kind":"badge","badge":"b:00000000000000000000000000000126","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1757876400000,'badge','pi-1',X'C8F5B1A139C98A6F6CAA4406B59870BF','{"device":"gate","time":1757876400000,"kind":"badge","badge":"b:00000000000000000000000000000126","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1758092400000,'badge','pi-1',X'E08F8F949F6D06354746CE735197B5B0','{"device":"gate","time":1758092400000,"kind":"badge","badge":"b:00000000000000000000000000000129","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1758135600000,'badge','pi-1',X'D6D69D792A00053946D384570D38211A','{"device":"gate","time":1758135600000,"kind":"badge","badge":"b:00000000000000000000000000000129","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1758351600000,'badge','pi-1',X'6026F38F8C9273AED335E67D33DC9D0C','{"device":"gate","time":1758351600000,"kind":"badge","badge":"b:0000000000000000000000000000012c","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1758394800000,'badge','pi-1',X'EC9F83B529E32BDCFCAA776944E83B6E','{"device":"gate","time":1758394800000,"kind":"badge","badge":"b:0000000000000000000000000000012c","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1758610800000,'badge','pi-1',X'C59E62F200AF9A9E2C7C4D0D2AFEF277','{"device":"gate","time":1758610800000,"kind":"badge","badge":"b:0000000000000000000000000000012f","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1758654000000,'badge','pi-1',X'F17E0FFE64A7A78BB439C5926DDC8D62','{"device":"gate","time":1758654000000,"kind":"badge","badge":"b:0000000000000000000000000000012f","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1758870000000,'badge','pi-1',X'C24371E423D50CD48CCDDB7C09B4788B','{"device":"gate","time":1758870000000,"kind":"badge","badge":"b:00000000000000000000000000000132","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1758913200000,'badge','pi-1',X'2289A846CA3C5D44F58DA5C25B44F5DC','{"device":"gate","time":1758913200000,"kind":"badge","badge":"b:00000000000000000000000000000132","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1759129200000,'badge','pi-1',X'7482CFF55FC377C025E29A6EB10CA028','{"device":"gate","time":1759129200000,"kind":"badge","badge":"b:00000000000000000000000000000135","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1759172400000,'badge','pi-1',X'C5F72620E0E3D9E0BB7B18689D80C4FA','{"device":"gate","time":1759172400000,"kind":"badge","badge":"b:00000000000000000000000000000135","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1759388400000,'badge','pi-1',X'AD2E2389F53C6B393DC5904412916A90','{"device":"gate","time":1759388400000,"kind":"badge","badge":"b:00000000000000000000000000000138","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1759431600000,'badge','pi-1',X'F3F7E66F31BDD2E106D1F2170F5995AA','{"device":"gate","time":1759431600000,"kind":"badge","badge":"b:00000000000000000000000000000138","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1759647600000,'badge','pi-1',X'06A6632761707F0FC2F02D1B78CCF515','{"device":"gate","time":1759647600000,"kind":"badge","badge":"b:0000000000000000000000000000013b","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1759690800000,'badge','pi-1',X'E4F20AD1D418630A25CE78F4367F9525','{"device":"gate","time":1759690800000,"kind":"badge","badge":"b:0000000000000000000000000000013b","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1759906800000,'badge','pi-1',X'50F318B23DB91DD11828F8DB7D307139','{"device":"gate","time":1759906800000,"kind":"badge","badge":"b:0000000000000000000000000000013e","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1759950000000,'badge','pi-1',X'E1EE747411554CF1607B7292780F577A','{"device":"gate","time":1759950000000,"kind":"badge","badge":"b:0000000000000000000000000000013e","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1760166000000,'badge','pi-1',X'F99ED0F631BA7A0D07D42E50A04B6F58','{"device":"gate","time":1760166000000,"kind":"badge","badge":"b:00000000000000000000000000000141","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1760209200000,'badge','pi-1',X'3FD6A9416DA028A7E7F126A5A239A913','{"device":"gate","time":1760209200000,"kind":"badge","badge":"b:00000000000000000000000000000141","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1760425200000,'badge','pi-1',X'6CE21E9B1B227E7BD7C1F917B52A0F1F','{"device":"gate","time":1760425200000,"kind":"badge","badge":"b:00000000000000000000000000000144","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1760468400000,'badge','pi-1',X'297B40C3CE46BBAF905302A1312811F5','{"device":"gate","time":1760468400000,"kind":"badge","badge":"b:00000000000000000000000000000144","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1760684400000,'badge','pi-1',X'C70136C9FBDDC306B4CEB0ADFF6C9AA8','{"device":"gate","time":1760684400000,"kind":"badge","badge":"b:00000000000000000000000000000147","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1760727600000,'badge','pi-1',X'EF65D5BD4C5541CF895E6A6CC3E53FDE','{"device":"gate","time":1760727600000,"kind":"badge","badge":"b:00000000000000000000000000000147","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1760943600000,'badge','pi-1',X'9D779DDAB3C2FEA0BA21CFE1318FA0BE','{"device":"gate","time":1760943600000,"kind":"badge","badge":"b:0000000000000000000000000000014a","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1760986800000,'badge','pi-1',X'A1341BD20D26EE8EF70EC4F239DB6652','{"device":"gate","time":1760986800000,"kind":"badge","badge":"b:0000000000000000000000000000014a","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1761202800000,'badge','pi-1',X'6AA972B9852BF8A0651EAC001BC05D84','{"device":"gate","time":1761202800000,"kind":"badge","badge":"b:0000000000000000000000000000014d","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1761246000000,'badge','pi-1',X'523A782260944C059178035D6F03BEC4','{"device":"gate","time":1761246000000,"kind":"badge","badge":"b:0000000000000000000000000000014d","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1761462000000,'badge','pi-1',X'E26DF3C8A93E60EC63F20EE6ABABAE67','{"device":"gate","time":1761462000000,"kind":"badge","badge":"b:00000000000000000000000000000150","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1761505200000,'badge','pi-1',X'C8D7C11BF1DFA7DE6CFE84A7379D3F6B','{"device":"gate","time":1761505200000,"kind":"badge","badge":"b:00000000000000000000000000000150","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1761721200000,'badge','pi-1',X'BEF63AF0C6977058B575D377AD316C04','{"device":"gate","time":1761721200000,"kind":"badge","badge":"b:00000000000000000000000000000153","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1761764400000,'badge','pi-1',X'60A67FD59C1C4AC7AFD1A08D630A40B9','{"device":"gate","time":1761764400000,"kind":"badge","badge":"b:00000000000000000000000000000153","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1761980400000,'badge','pi-1',X'C86DE054C7065346F15A98A669187AB4','{"device":"gate","time":1761980400000,"kind":"badge","badge":"b:00000000000000000000000000000156","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1762023600000,'badge','pi-1',X'DEB22FDB0E4E3BE6F17E4B1877DD3C57','{"device":"gate","time":1762023600000,"kind":"badge","badge":"b:00000000000000000000000000000156","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1762239600000,'badge','pi-1',X'374334AB1C6FB54C39A38E726F172BEF','{"device":"gate","time":1762239600000,"kind":"badge","badge":"b:00000000000000000000000000000159","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1762282800000,'badge','pi-1',X'E43ACA693BC007766790ED7820C18863','{"device":"gate","time":1762282800000,"kind":"badge","badge":"b:00000000000000000000000000000159","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1762498800000,'badge','pi-1',X'4001B979B65A4DD0F4D11D23AC9AF29E','{"device":"gate","time":1762498800000,"kind":"badge","badge":"b:0000000000000000000000000000015c","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1762542000000,'badge','pi-1',X'B8E69CFFE8BA34BC8FF2E82C49001EE5','{"device":"gate","time":1762542000000,"kind":"badge","badge":"b:0000000000000000000000000000015c","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1762758000000,'badge','pi-1',X'FB5B6C2C6602989069843EC533683F4E','{"device":"gate","time":1762758000000,"kind":"badge","badge":"b:0000000000000000000000000000015f","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1762801200000,'badge','pi-1',X'F74150780299F8E5C56B83ED601DA99A','{"device":"gate","time":1762801200000,"kind":"badge","badge":"b:0000000000000000000000000000015f","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1763017200000,'badge','pi-1',X'5C2B2E7B3BE636934E02A4BEE734B77C','{"device":"gate","time":1763017200000,"kind":"badge","badge":"b:00000000000000000000000000000162","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1763060400000,'badge','pi-1',X'7D4D26C48033B12F48936E430B193609','{"device":"gate","time":1763060400000,"kind":"badge","badge":"b:00000000000000000000000000000162","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1763276400000,'badge','pi-1',X'552ED6D0ABF4C4571DC3C52C5D3E699E','{"device":"gate","time":1763276400000,"kind":"badge","badge":"b:00000000000000000000000000000165","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1763319600000,'badge','pi-1',X'FD2D0B6C0D6B21812ACAAF9B56406A0F','{"device":"gate","time":1763319600000,"kind":"badge","badge":"b:00000000000000000000000000000165","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1763535600000,'badge','pi-1',X'A84B80355CB998053EEDD0FC0604C00A','{"device":"gate","time":1763535600000,"kind":"badge","badge":"b:00000000000000000000000000000168","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1763578800000,'badge','pi-1',X'EC2286982F9C8B278B06DB265903E4D6','{"device":"gate","time":1763578800000,"kind":"badge","badge":"b:00000000000000000000000000000168","direction":"out"}');
INSERT INTO "event" VALUES('fenglin-18',1763794800000,'badge','pi-1',X'6BB00DB48EBB487276F166A5BA758050','{"device":"gate","time":1763794800000,"kind":"badge","badge":"b:0000000000000000000000000000016b","direction":"in"}');
INSERT INTO "event" VALUES('fenglin-18',1763838000000,'badge','pi-1',X'11D0CB50BAEBD3FEE35C3217BFB96B63','{"device":"gate","time":1763838000000,"kind":"badge","badge":"b:0000000000000000000000000000016b","direction":"out"}');
CREATE TABLE firm (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	CONSTRAINT pk_firm PRIMARY KEY (id)
);
INSERT INTO "firm" VALUES('hengtong','恒通装饰');
CREATE TABLE member (
	firm TEXT NOT NULL, 
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	CONSTRAINT pk_member PRIMARY KEY (firm, id), 
	CONSTRAINT fk_member_firm FOREIGN KEY(firm) REFERENCES firm (id)
);
INSERT INTO "member" VALUES('hengtong','li','李工');
CREATE TABLE member_role (
	firm TEXT NOT NULL, 
	member TEXT NOT NULL, 
	role TEXT NOT NULL, 
	CONSTRAINT pk_member_role PRIMARY KEY (firm, member, role), 
	CONSTRAINT fk_member_role_member FOREIGN KEY(firm, member) REFERENCES member (firm, id)
);
INSERT INTO "member_role" VALUES('hengtong','li','owner');
INSERT INTO "member_role" VALUES('hengtong','li','project_manager');
CREATE TABLE project (
	firm TEXT NOT NULL, 
	id TEXT NOT NULL, 
	site TEXT NOT NULL, 
	name_zh TEXT NOT NULL, 
	name_en TEXT NOT NULL, 
	started TEXT NOT NULL, 
	CONSTRAINT pk_project PRIMARY KEY (firm, id), 
	CONSTRAINT fk_project_site FOREIGN KEY(firm, site) REFERENCES site (firm, id)
);
INSERT INTO "project" VALUES('hengtong','fenglin-18','fenglin-18','枫林路 18 号','18 Fenglin Road','2024-11-20');
CREATE TABLE quarantine (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	received BIGINT NOT NULL, 
	topic TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	digest BLOB NOT NULL, 
	reason TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	site TEXT, 
	agent TEXT, 
	stream TEXT, 
	seq BIGINT, 
	replayed BIGINT, 
	CONSTRAINT uq_quarantine_digest UNIQUE (digest)
);
INSERT INTO "quarantine" VALUES(1,1763856000000,'plumbline/v1/fenglin-18/pi-1/batch',X'00FF2062726F6B656E',X'E624C35CE7A5D1FE1BE0D3DDAB837E7D','schema','v: missing','fenglin-18','pi-1',NULL,NULL,NULL);
INSERT INTO "quarantine" VALUES(2,1763769600000,'plumbline/v1/elsewhere/pi-9/batch',X'7B7D',X'3C6AFB1AB944A56E88A0F5A2AC9FBC7A','wrong_site','elsewhere','elsewhere','pi-9',NULL,NULL,NULL);
CREATE TABLE reader (
	name TEXT NOT NULL, 
	position BIGINT NOT NULL, 
	CONSTRAINT pk_reader PRIMARY KEY (name)
)
 WITHOUT ROWID

;
INSERT INTO "reader" VALUES('analytics',122);
INSERT INTO "reader" VALUES('events',122);
CREATE TABLE room (
	firm TEXT NOT NULL, 
	site TEXT NOT NULL, 
	id TEXT NOT NULL, 
	name_zh TEXT NOT NULL, 
	name_en TEXT NOT NULL, 
	CONSTRAINT pk_room PRIMARY KEY (firm, site, id), 
	CONSTRAINT fk_room_site FOREIGN KEY(firm, site) REFERENCES site (firm, id)
);
INSERT INTO "room" VALUES('hengtong','fenglin-18','bath','主卫','Bathroom');
CREATE TABLE site (
	id TEXT NOT NULL, 
	firm TEXT NOT NULL, 
	timezone TEXT NOT NULL, 
	CONSTRAINT pk_site PRIMARY KEY (id), 
	CONSTRAINT fk_site_firm FOREIGN KEY(firm) REFERENCES firm (id), 
	CONSTRAINT uq_site_firm_id UNIQUE (firm, id)
);
INSERT INTO "site" VALUES('fenglin-18','hengtong','Asia/Shanghai');
CREATE TABLE token (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	firm TEXT NOT NULL, 
	name TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	created BIGINT NOT NULL, 
	expires BIGINT, 
	revoked BIGINT, 
	CONSTRAINT fk_token_firm FOREIGN KEY(firm) REFERENCES firm (id), 
	CONSTRAINT uq_token_digest UNIQUE (digest)
);
INSERT INTO "token" VALUES(1,'hengtong','grafana','telemetry:read',X'0707070707070707070707070707070707070707070707070707070707070707',1732406400000,NULL,NULL);
CREATE INDEX ix_token_firm ON token (firm);
CREATE INDEX ix_event_time ON event (time);
CREATE INDEX ix_quarantine_site_id ON quarantine (site, id);
CREATE INDEX ix_quarantine_received ON quarantine (received);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('token',1);
INSERT INTO "sqlite_sequence" VALUES('quarantine',2);
COMMIT;
