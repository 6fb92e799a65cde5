(** Sums over boxes of integer vectors, and the change of variables in such a sum.

    [box ns] lists the vectors x with 0 <= x_i < n_i.  [sum_change]: two sums are equal if phi and psi are inverse to each
    other where the summands are not 0, and the summands agree there.  Every rule for sums over indices is an instance:
    renaming, exchange, solving for an index, splitting one into a quotient and a remainder. *)

From Coq Require Import Reals List Arith Lia Bool ZArith Lra.
From Dyadic Require Import Equations.
Import ListNotations.
Open Scope R_scope.

Fixpoint box (ns : list nat) : list (list Z) :=
  match ns with [] => [[]] | n :: ns => flat_map (fun v => map (cons v) (box ns)) (zrange 0 n) end.
(** x lies in the box of ns. *)
Fixpoint boxed (ns : list nat) (x : list Z) : Prop :=
  match ns, x with [], [] => True | n :: ns, v :: x => (0 <= v < Z.of_nat n)%Z /\ boxed ns x | _, _ => False end.

Lemma in_box : forall ns x, In x (box ns) <-> boxed ns x.
Proof.
  induction ns as [|n ns IH]; intro x; cbn [box].
  - destruct x; simpl; [tauto|]. split; [intros [H|[]]; discriminate | intros []].
  - rewrite in_flat_map. split.
    + intros (v & Hv & Hx). apply in_map_iff in Hx as (y & <- & Hy). apply in_zrange in Hv. cbn [boxed].
      rewrite <- IH. split; [lia | exact Hy].
    + destruct x as [|v x]; [intros []|]. intros [Hv Hx]. exists v. rewrite in_zrange. split; [lia|].
      apply in_map, IH, Hx.
Qed.
Lemma zrange_once : forall n a, NoDup (zrange a n).
Proof. induction n as [|n IH]; intro a; constructor; [rewrite in_zrange; lia | apply IH]. Qed.
Lemma box_once : forall ns, NoDup (box ns).
Proof.
  induction ns as [|n ns IH]; cbn [box]; [repeat constructor; intros []|].
  assert (H : forall l, NoDup l -> NoDup (flat_map (fun v : Z => map (cons v) (box ns)) l)).
  { induction l as [|v l IHl]; intro Hl; [constructor|]. inversion Hl as [|? ? Hv Hl']; subst. cbn [flat_map].
    assert (Hm : NoDup (map (cons v) (box ns))).
    { clear - IH. induction (box ns) as [|y ys IHy]; [constructor|]. inversion IH as [|? ? Hn Hi]; subst.
      constructor; [|now apply IHy]. intro Hin. apply in_map_iff in Hin as (w & E & Hw). injection E as <-. contradiction. }
    revert Hm. generalize (map_ext_in (cons v) (cons v) (box ns) (fun _ _ => eq_refl)). intros _ Hm.
    assert (Hd : forall y, In y (map (cons v) (box ns)) -> ~ In y (flat_map (fun v : Z => map (cons v) (box ns)) l)).
    { intros y Hy Hin. apply in_map_iff in Hy as (w & <- & _). apply in_flat_map in Hin as (u & Hu & Hin).
      apply in_map_iff in Hin as (w' & E & _). injection E as -> _. contradiction. }
    specialize (IHl Hl'). clear IH. induction (map (cons v) (box ns)) as [|y ys IHy]; [exact IHl|].
    inversion Hm as [|? ? Hn Hi]; subst. cbn [app]. constructor.
    - rewrite in_app_iff. intros [Hin|Hin]; [contradiction|]. now apply (Hd y (or_introl eq_refl)).
    - apply IHy; [exact Hi | intros; apply Hd; now right]. }
  apply H, zrange_once.
Qed.
Lemma sum_flat_map : forall (A B : Type) (g : A -> list B) (l : list A) f,
  sum_list (flat_map g l) f = sum_list l (fun v => sum_list (g v) f).
Proof. induction l as [|a l IH]; intro f; [reflexivity|]. cbn [flat_map]. now rewrite sum_list_app, IH. Qed.
(** A further variable, after the others. *)
Lemma sum_box_last : forall n ns f,
  sum_list (box (ns ++ [n])) f = sum_list (box ns) (fun x => sum_list (zrange 0 n) (fun v => f (x ++ [v]))).
Proof.
  intro n. induction ns as [|m ns IH]; intro f.
  - cbn [app box]. rewrite sum_flat_map. simpl. rewrite Rplus_0_r. apply sum_list_ext. intros v _. simpl. ring.
  - cbn [app box]. rewrite !sum_flat_map. apply sum_list_ext. intros v _. now rewrite !sum_list_map, IH.
Qed.
Lemma boxed_length : forall ns x, boxed ns x -> length x = length ns.
Proof. induction ns as [|n ns IH]; intros [|v x] H; cbn in *; try tauto. now rewrite (IH x). Qed.

Lemma sum_pick : forall (A : Type) (dec : forall a b : A, {a = b} + {a <> b}) (l : list A) a (c : R), NoDup l -> In a l ->
  sum_list l (fun b => if dec b a then c else 0) = c.
Proof.
  intros A dec. induction l as [|b l IH]; intros a c Hl Ha; [destruct Ha|]. inversion Hl as [|? ? Hb Hl']; subst.
  rewrite sum_list_cons. destruct (dec b a) as [->|Hne].
  - rewrite sum_list_zero; [ring|]. intros w Hw. destruct (dec w a) as [->|]; [contradiction | reflexivity].
  - destruct Ha as [Ha|Ha]; [contradiction|]. rewrite IH by assumption. ring.
Qed.

Theorem sum_change : forall (A B : Type) (decA : forall a b : A, {a = b} + {a <> b}) (decB : forall a b : B, {a = b} + {a <> b})
    (l : list A) (m : list B) (f : A -> R) (g : B -> R) (phi : A -> B) (psi : B -> A), NoDup l -> NoDup m ->
  (forall x, In x l -> f x <> 0 -> In (phi x) m /\ psi (phi x) = x /\ f x = g (phi x)) ->
  (forall y, In y m -> g y <> 0 -> In (psi y) l /\ phi (psi y) = y /\ g y = f (psi y)) ->
  sum_list l f = sum_list m g.
Proof.
  intros A B decA decB l m f g phi psi Hl Hm Hf Hg.
  transitivity (sum_list l (fun x => sum_list m (fun y => if decB y (phi x) then (if decA x (psi y) then f x else 0) else 0))).
  - apply sum_list_ext. intros x Hx. destruct (Req_dec (f x) 0) as [E|Hne].
    + rewrite E. symmetry. apply sum_list_zero. intros y _. destruct (decB y (phi x)), (decA x (psi y)); reflexivity.
    + destruct (Hf x Hx Hne) as (Hin & E & _).
      transitivity (sum_list m (fun y => if decB y (phi x) then f x else 0)); [symmetry; now apply sum_pick|].
      apply sum_list_ext. intros y _. destruct (decB y (phi x)) as [->|]; [|reflexivity]. rewrite E.
      now destruct (decA x x).
  - rewrite sum_list_exchange. apply sum_list_ext. intros y Hy. destruct (Req_dec (g y) 0) as [E|Hne].
    + rewrite E. apply sum_list_zero. intros x Hx. destruct (decB y (phi x)) as [->|]; [|reflexivity].
      destruct (decA x (psi (phi x))) as [_|]; [|reflexivity]. destruct (Req_dec (f x) 0) as [|Hx0]; [assumption|].
      destruct (Hf x Hx Hx0) as (_ & _ & E'). congruence.
    + destruct (Hg y Hy Hne) as (Hin & E & Ey).
      transitivity (sum_list l (fun x => if decA x (psi y) then g y else 0)); [|now apply sum_pick].
      apply sum_list_ext. intros x _. destruct (decA x (psi y)) as [->|].
      * rewrite E. destruct (decB y y); [now symmetry | contradiction].
      * now destruct (decB y (phi x)).
Qed.

(** The entries of a tensor are the vectors of the box of its shape. *)
Lemma flat_some : forall d x p, List.Forall (fun n => 0 < n)%Z d -> flat d x = Some p ->
  (0 <= p < zsize d)%Z /\ unflat d p = x /\ boxed (map Z.to_nat d) x.
Proof.
  induction d as [|n d IH]; intros [|i x] p Hd H; cbn [flat] in H; try discriminate.
  - injection H as <-. simpl. split; [lia | tauto].
  - inversion Hd as [|? ? Hn Hd']; subst. destruct ((0 <=? i) && (i <? n))%Z eqn:Hi; [|discriminate].
    apply andb_prop in Hi as [H0 H1]. apply Z.leb_le in H0. apply Z.ltb_lt in H1.
    destruct (flat d x) as [r|] eqn:E; [|discriminate]. injection H as <-. destruct (IH x r Hd' E) as (Hr & Hu & Hb).
    pose proof (zsize_positive d Hd') as Hs. cbn [zsize fold_right unflat map boxed]. fold (zsize d).
    rewrite Z.div_add_l, (Z.div_small r), Z.add_0_r by lia.
    replace ((i * zsize d + r) mod zsize d)%Z with r by (rewrite Z.add_comm, Z.mod_add, Z.mod_small by lia; reflexivity).
    rewrite Hu. repeat split; try assumption; try nia; lia.
Qed.
Lemma flat_boxed : forall d x, boxed (map Z.to_nat d) x -> exists p, flat d x = Some p.
Proof.
  induction d as [|n d IH]; intros [|i x] H; cbn [map boxed] in H; try tauto; [now exists 0%Z|].
  destruct H as [Hi Hx]. destruct (IH x Hx) as [r E]. cbn [flat]. rewrite E.
  replace ((0 <=? i) && (i <? n))%Z with true by (symmetry; apply andb_true_intro; split; [apply Z.leb_le | apply Z.ltb_lt]; lia).
  eexists. reflexivity.
Qed.
Theorem sum_entries : forall d (g : Z -> R), List.Forall (fun n => 0 < n)%Z d ->
  sum_list (range d) g = sum_list (box (map Z.to_nat d)) (fun x => match flat d x with Some p => g p | None => 0 end).
Proof.
  intros d g Hd. pose proof (zsize_positive d Hd) as Hs.
  assert (Hrange : forall p, In p (range d) <-> (0 <= p < zsize d)%Z).
  { intro p. unfold range, size. rewrite in_zrange. lia. }
  apply (sum_change Z (list Z) Z.eq_dec (list_eq_dec Z.eq_dec) _ _ _ _ (unflat d)
    (fun x => match flat d x with Some p => p | None => 0%Z end)).
  - apply zrange_once.
  - apply box_once.
  - intros p Hp _. apply Hrange in Hp. pose proof (flat_unflat d p Hd Hp) as E. destruct (flat_some d _ p Hd E) as (_ & _ & Hb).
    rewrite E. split; [now apply in_box | split; reflexivity].
  - intros x Hx Hne. destruct (flat d x) as [p|] eqn:E; [|contradiction]. destruct (flat_some d x p Hd E) as (Hp & Hu & _).
    split; [now apply Hrange | split; [exact Hu | reflexivity]].
Qed.

(** ** Guards at the entries of a box *)

(** The value of a guard depends on the indices that it mentions. *)
Fixpoint mentions (k : nat) (a : index) : bool :=
  match a with
  | Index j => Nat.eqb j k | Constant _ => false | Plus a b => mentions k a || mentions k b
  | Times _ a | Quotient a _ | Remainder a _ => mentions k a
  end.
Definition mentioned (gs : list bracket) (k : nat) : bool :=
  existsb (fun b => match b with Inside a _ | Divides _ a => mentions k a | Same a b => mentions k a || mentions k b end) gs.
(** Along an axis whose index no guard mentions one entry stands for all. *)
Fixpoint told_apart (gs : list bracket) (ks ns : list nat) : list nat :=
  match ks, ns with k :: ks, n :: ns => (if mentioned gs k then n else 1%nat) :: told_apart gs ks ns | _, _ => [] end.
(** At no entry do the guards leave nothing. *)
Definition leaves_something (ks ns : list nat) (k n : nat) (gs : list bracket) : bool :=
  forallb (fun x => match admitted (bind ks x) k n gs with [] => false | _ => true end) (box (told_apart gs ks ns)).

Lemma eval_index_mentions : forall a e e', (forall k, mentions k a = true -> e k = e' k) -> eval_index e a = eval_index e' a.
Proof.
  induction a as [j|c|a IHa b IHb|c a IH|a IH d|a IH d]; intros e e' H; cbn [eval_index mentions] in *.
  - apply H, Nat.eqb_refl.
  - reflexivity.
  - f_equal; [apply IHa | apply IHb]; intros k Hk; apply H, orb_true_iff; tauto.
  - f_equal. now apply IH.
  - f_equal. now apply IH.
  - f_equal. now apply IH.
Qed.
Lemma admitted_mentioned : forall gs e e' k n, (forall j, mentioned gs j = true -> e j = e' j) -> admitted e k n gs = admitted e' k n gs.
Proof.
  intros gs e e' k n H. unfold admitted. apply filter_ext. intro v.
  assert (Hset : forall j, mentioned gs j = true -> set e k v j = set e' k v j).
  { intros j Hj. unfold set. destruct (Nat.eqb j k); [reflexivity | now apply H]. }
  clear H. induction gs as [|b gs IH]; [reflexivity|]. cbn [forallb].
  rewrite IH by (intros j Hj; apply Hset; cbn [mentioned existsb]; apply orb_true_iff; now right). f_equal.
  assert (Hb : forall j, match b with Inside a _ | Divides _ a => mentions j a | Same a c => mentions j a || mentions j c end = true ->
    set e k v j = set e' k v j) by (intros j Hj; apply Hset; cbn [mentioned existsb]; apply orb_true_iff; now left).
  destruct b as [a m|d a|a c]; cbn [holds].
  - now rewrite (eval_index_mentions a _ (set e' k v)) by exact Hb.
  - now rewrite (eval_index_mentions a _ (set e' k v)) by exact Hb.
  - rewrite (eval_index_mentions a _ (set e' k v)), (eval_index_mentions c _ (set e' k v)); [reflexivity | |];
      intros j Hj; apply Hb, orb_true_iff; tauto.
Qed.
Theorem leaves_something_at : forall ks ns k n gs, leaves_something ks ns k n gs = true -> length ks = length ns ->
  forall x, boxed ns x -> admitted (bind ks x) k n gs <> [].
Proof.
  intros ks ns k n gs H Hlen x Hx. unfold leaves_something in H. rewrite forallb_forall in H.
  assert (Hy : exists y, boxed (told_apart gs ks ns) y /\ forall j, mentioned gs j = true -> bind ks x j = bind ks y j).
  { clear H. revert ns x Hlen Hx. induction ks as [|j ks IH]; intros [|m ns] [|v x] Hlen Hx; try discriminate; cbn [boxed] in Hx; try tauto.
    - now exists [].
    - destruct Hx as [Hv Hx]. injection Hlen as Hlen. destruct (IH ns x Hlen Hx) as (y & Hy & E).
      exists ((if mentioned gs j then v else 0%Z) :: y). cbn [told_apart boxed bind]. split.
      + split; [|exact Hy]. destruct (mentioned gs j); [exact Hv | simpl; lia].
      + intros i Hi. unfold set. destruct (Nat.eqb_spec i j) as [->|]; [now rewrite Hi | now apply E]. }
  destruct Hy as (y & Hy & E). rewrite (admitted_mentioned gs _ (bind ks y) k n E). intro Hnil.
  apply in_box in Hy. specialize (H y Hy). now rewrite Hnil in H.
Qed.
