import { main, person } from './lib.mjs';
await main(async place => {
  const out='/tmp/bw/s'; 
  const go = async (p, path, name, w)=>{ await p.goto(path); await p.waitForTimeout(300); await p.screenshot({path:`${out}/${name}-${w}.png`, fullPage:w<500?false:true}); };
  for (const w of [1440,390]) {
    const pub=await person(place,{width:w,height:w<500?844:900});
    for (const [n,p] of [['home','/'],['signin','/signin'],['search','/search?q=电池'],['patents','/patents'],['patent','/patent/3'],['ach','/achievement/1'],['listings','/listings'],['listing','/listing/30'],['needs','/needs'],['need','/need/5'],['lots','/lots'],['orgs','/orgs'],['org','/org/1'],['verify','/verify'],['lot1','/lot/1'],['404','/nopage']]) await go(pub,p,n,w);
    for (const login of ['office','firm','operator']) {
      const u=await person(place,{width:w,height:w<500?844:900,login});
      for (const [n,p] of [['home','/'],['patents','/patents'],['listings','/listings'],['listing','/listing/30'],['need','/need/5'],['deals','/deals'],['deal','/deal/1'],['import','/import'],['log','/log'],['formneed','/form/need.post'],['formlot','/form/lot.open?listing_id=40'],['formfile','/form/listing.file?patent_ids=5,6,7']]) await go(u,p,login+'-'+n,w);
      console.log(u.troubles);
    }
    console.log(pub.troubles);
  }
});
