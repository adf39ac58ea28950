// What Zigbee2MQTT and its converters say of themselves, as JSON: the keys of its configuration with their types, and the
// fields of the models we ship profiles for. Writes zigbee2mqtt.json beside this file anew:
//   npm install --ignore-scripts zigbee2mqtt && node zigbee2mqtt.mjs > zigbee2mqtt.json     (in a folder of its own)
// With the path of a configuration's folder as argument it has Zigbee2MQTT validate that instead.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';

const require = createRequire(join(process.cwd(), 'index.js'));
const version = (name) => require(`${name}/package.json`).version;

if (process.argv[2]) {
    process.env.ZIGBEE2MQTT_DATA = process.argv[2];
    const errors = require('zigbee2mqtt/dist/util/settings.js').validate();
    console.log(errors.length ? errors.join('\n') : `good for Zigbee2MQTT ${version('zigbee2mqtt')}`);
    process.exit(errors.length ? 1 : 0);
}

/** Model ids as devices report them, with a maker's name where the model is sold under many. */
const MODELS = {
    'aqara-mccgq11lm': ['lumi.sensor_magnet.aq2'],
    'aqara-rtcgq11lm': ['lumi.sensor_motion.aq2'],
    'aqara-sjcgq11lm': ['lumi.sensor_wleak.aq1'],
    'aqara-wsdcgq11lm': ['lumi.weather'],
    'tuya-ts011f': ['TS011F', '_TZ3000_cphmq0q7'],
    'tuya-ts0201': ['TS0201', '_TZ3000_bgsigers'],
    'xiaomi-jtyj-gd-01lm-bw': ['lumi.sensor_smoke'],
    'xiaomi-wsdcgq01lm': ['lumi.sens'],
    'xiaomi-zncz02lm': ['lumi.plug'],
};

/** The least of a device that the converters ask for. */
function device(modelID, manufacturerName) {
    const endpoint = {
        ID: 1, inputClusters: [], outputClusters: [],
        supportsInputCluster: () => true, supportsOutputCluster: () => true, getClusterAttributeValue: () => undefined,
    };
    return {
        modelID, manufacturerName, endpoints: [endpoint], getEndpoint: () => endpoint, type: 'EndDevice',
        ieeeAddr: '0x1', meta: {}, customClusters: {}, isDeviceInterviewed: true,
    };
}

/** Field to unit, or to the values of a state. */
async function fields(converters, [model, maker]) {
    const one = device(model, maker);
    const {exposes} = await converters.findByDevice(one);
    const leaves = (e) =>
        typeof e === 'function' ? e(one, {}).flatMap(leaves) : e.features ? e.features.flatMap(leaves) : [e];
    const said = [exposes].flat().flatMap(leaves);
    return Object.fromEntries(said.map((e) => [e.property, e.unit ?? (e.value_on === undefined ? e.type : [e.value_on, e.value_off])]));
}

/** Path of a key to its types or its values. */
function keys(schema, path = '') {
    const parts = [schema, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
    return parts.flatMap((part) => Object.entries(part.properties ?? {})).flatMap(([name, inner]) => {
        const types = [inner, ...(inner.oneOf ?? []), ...(inner.anyOf ?? [])].flatMap((one) => one.type ?? []);
        return [[path + name, inner.enum ?? [...new Set(types)]], ...keys(inner, `${path}${name}.`)];
    });
}

const converters = require('zigbee-herdsman-converters');
converters.setLogger({debug() {}, info() {}, warning() {}, error() {}});
const schema = JSON.parse(readFileSync(require.resolve('zigbee2mqtt/dist/util/settings.schema.json'), 'utf8'));
const models = {};
for (const [profile, names] of Object.entries(MODELS)) models[profile] = await fields(converters, names);
console.log(JSON.stringify({
    source: `zigbee2mqtt ${version('zigbee2mqtt')}, zigbee-herdsman-converters ${version('zigbee-herdsman-converters')}`,
    models,
    settings: Object.fromEntries([...keys(schema), ...keys(schema.definitions.device, 'device_options.')]),
}, null, 1));
