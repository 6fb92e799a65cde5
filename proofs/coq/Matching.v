(** Terms that cancel, whatever the sizes are.

    Two terms are equal if there is a change of variables between them, given by index expressions in both directions, under
    which their factors agree ([matches]).  What has to hold of integers for that is stated as a proposition about all sizes,
    for Coq to prove by linear arithmetic; nothing else is left open.  A list of terms is 0 if it falls into classes of equal
    terms whose numbers add up to 0 ([cancel_zero]). *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Qreals Lra.
From Dyadic Require Import Equations Derivatives Polynomials Boxes Terms.
Import ListNotations.
Open Scope R_scope.

(** ** Propositions about integers *)

Definition true_at (e : env) (b : bracket) : Prop :=
  match b with
  | Inside a n => 0 <= eval_index e a < n
  | Divides d a => eval_index e a mod d = 0
  | Same a b => eval_index e a = eval_index e b
  end%Z.
Fixpoint inside_shape (d is : list Z) : Prop :=
  match d, is with [], [] => True | n :: d, i :: is => (0 <= i < n)%Z /\ inside_shape d is | _, _ => False end.
Fixpoint equal_indices (l m : list Z) : Prop :=
  match l, m with [], [] => True | a :: l, b :: m => a = b /\ equal_indices l m | _, _ => False end.
Definition all {A : Type} (P : A -> Prop) (l : list A) : Prop := fold_right (fun a Q => P a /\ Q) True l.
(** P holds of all vectors of a box. *)
Fixpoint every (ns : list nat) (P : list Z -> Prop) : Prop :=
  match ns with [] => P [] | n :: ns => forall v, (0 <= v < Z.of_nat n)%Z -> every ns (fun x => P (v :: x)) end.
(** The vector of the values of index expressions in which Index i stands for the i-th variable. *)
Definition image (phi : list index) (x : list Z) : list Z := map (eval_index (fun i => nth i x 0%Z)) phi.

Lemma true_at_holds : forall e b, holds e b = true <-> true_at e b.
Proof.
  intros e [a n|d a|a b]; cbn [holds true_at].
  - rewrite andb_true_iff, Z.leb_le, Z.ltb_lt. tauto.
  - apply Z.eqb_eq.
  - apply Z.eqb_eq.
Qed.
Lemma inside_shape_flat : forall d is p, flat d is = Some p -> inside_shape d is.
Proof.
  induction d as [|n d IH]; intros [|i is] p H; cbn [flat inside_shape] in *; try discriminate; [tauto|].
  destruct ((0 <=? i) && (i <? n))%Z eqn:E; [|discriminate]. apply andb_prop in E as [E0 E1]. apply Z.leb_le in E0. apply Z.ltb_lt in E1.
  destruct (flat d is) as [r|] eqn:Hr; [|discriminate]. split; [lia | now apply (IH is r)].
Qed.
Lemma equal_indices_eq : forall l m, equal_indices l m -> l = m.
Proof. induction l as [|a l IH]; intros [|b m] H; cbn in H; try tauto. destruct H as [-> H]. f_equal. now apply IH. Qed.
Lemma all_in : forall (A : Type) (P : A -> Prop) l, all P l <-> (forall a, In a l -> P a).
Proof.
  induction l as [|b l IH]; cbn [all fold_right]; [split; [intros _ ? [] | tauto]|]. unfold all in IH. rewrite IH. split.
  - intros [Hb Hl] a [<-|Ha]; auto.
  - intro H. split; [apply H; now left | intros; apply H; now right].
Qed.
Lemma every_boxed : forall ns P, every ns P -> forall x, boxed ns x -> P x.
Proof.
  induction ns as [|n ns IH]; intros P H [|v x] Hx; cbn [boxed every] in *; try tauto.
  apply (IH (fun x => P (v :: x))); [now apply H | tauto].
Qed.

Section Matching.
  Variable dims : name -> list Z.

  (** ** Where a term's summand is not 0 *)

  Definition readable (x : list Z) (f : factor) : Prop :=
    match f with
    | Value m (Entry t is) | Direction m t is => inside_shape (shape dims t) (map (eval_index (environment m x)) is)
    | _ => True
    end.
  Definition allowed (t : term) (x : list Z) : Prop := all (fun g => true_at (environment (fst g) x) (snd g)) (guards t).
  Definition support (t : term) (x : list Z) : Prop := allowed t x /\ all (readable x) (factors t).

  (** ** Expressions that agree *)

  Fixpoint alike (e e' : env) (a b : expr) : Prop :=
    match a, b with
    | Number q, Number r => (q == r)%Q
    | Entry s is, Entry t js => match name_cmp s t with Eq => equal_indices (map (eval_index e) is) (map (eval_index e') js) | _ => False end
    | Add a b, Add c d | Mul a b, Mul c d => alike e e' a c /\ alike e e' b d
    | Apply f o a, Apply g p b => if (f =? g)%nat && (order f o =? order g p)%nat then alike e e' a b else False
    | Sum k n a, Sum j m b => n = m /\ forall v, (0 <= v < Z.of_nat n)%Z -> alike (set e k v) (set e' j v) a b
    | IndexIs i a, IndexIs j b => eval_index e i = eval_index e' j /\ alike e e' a b
    | Bracket b, Bracket c => true_at e b <-> true_at e' c
    | _, _ => False
    end.
  Definition alike_factor (x y : list Z) (f g : factor) : Prop :=
    match f, g with
    | Value m a, Value m' b => alike (environment m x) (environment m' y) a b
    | Direction m s is, Direction m' t js => match name_cmp s t with
        | Eq => equal_indices (map (eval_index (environment m x)) is) (map (eval_index (environment m' y)) js) | _ => False end
    | _, _ => False
    end.
  Fixpoint take {A : Type} (n : nat) (l : list A) : option (A * list A) :=
    match l, n with
    | [], _ => None
    | a :: l, O => Some (a, l)
    | a :: l, S n => match take n l with Some (b, l) => Some (b, a :: l) | None => None end
    end.
  (** The factors fs agree with gs, taken from it in the order of picks. *)
  Fixpoint paired (x y : list Z) (fs : list factor) (picks : list nat) (gs : list factor) : Prop :=
    match fs, picks with
    | [], [] => match gs with [] => True | _ => False end
    | f :: fs, p :: picks => match take p gs with Some (g, gs) => alike_factor x y f g /\ paired x y fs picks gs | None => False end
    | _, _ => False
    end.
  Definition matches (s t : term) (phi psi : list index) (picks : list nat) : Prop :=
    every (extents s) (fun x => support s x ->
      boxed (extents t) (image phi x) /\ equal_indices (image psi (image phi x)) x /\ allowed t (image phi x)
        /\ paired x (image phi x) (factors s) picks (factors t)) /\
    every (extents t) (fun y => support t y ->
      boxed (extents s) (image psi y) /\ equal_indices (image phi (image psi y)) y /\ support s (image psi y)).

  (** ** Classes of terms that cancel *)

  Record member := Member { at_place : nat; there : list index; back : list index; picks : list nat }.
  Inductive class :=
  | Together (first : nat) (others : list member)   (* the terms are equal to the first but for their numbers, which add up to 0 *)
  | Nothing (n : nat).                              (* a term that is nowhere but 0 *)
  Definition product_of (l : list Q) : Q := fold_right Qmult 1%Q l.
  Definition add_up_to_zero (l : list (list Q)) : Prop := (fold_right (fun q s => product_of q + s) 0 l == 0)%Q.
  Fixpoint members (s : term) (ms : list member) (ts : list term) (found : list (list Q)) (rest : list term -> Prop) : Prop :=
    match ms with
    | [] => add_up_to_zero found /\ rest ts
    | m :: ms => match take (at_place m) ts with
        | Some (t, ts) => matches t s (there m) (back m) (picks m) /\ members s ms ts (numbers t :: found) rest
        | None => False
        end
    end.
  Fixpoint cancel (cs : list class) (ts : list term) : Prop :=
    match cs with
    | [] => match ts with [] => True | _ => False end
    | Together n ms :: cs => match take n ts with Some (s, ts) => members s ms ts [numbers s] (cancel cs) | None => False end
    | Nothing n :: cs => match take n ts with
        | Some (t, ts) => every (extents t) (fun x => support t x -> False) /\ cancel cs ts | None => False end
    end.

  (** ** Soundness *)

  Variable F : functions.
  Hypothesis F_exp : forall o z, F 0%nat o z = exp z.
  Variable T D : tensors.
  Notation bare := (bare F dims T D).
  Notation bare_sum := (bare_sum F dims T D).
  Notation term_value := (term_value F dims T D).
  Notation factor_value := (factor_value F dims T D).

  Lemma take_sum : forall (A : Type) (g : A -> R) n l a rest, take n l = Some (a, rest) -> sum_list l g = g a + sum_list rest g.
  Proof.
    intros A g. induction n as [|n IH]; intros [|b l] a rest H; cbn [take] in H; try discriminate.
    - injection H as -> ->. reflexivity.
    - destruct (take n l) as [[c l']|] eqn:E; [|discriminate]. injection H as -> <-.
      rewrite !sum_list_cons, (IH l a l' E). ring.
  Qed.
  Lemma take_product : forall (A : Type) (g : A -> R) n l a rest, take n l = Some (a, rest) -> product g l = g a * product g rest.
  Proof.
    intros A g. induction n as [|n IH]; intros [|b l] a rest H; cbn [take] in H; try discriminate.
    - injection H as -> ->. reflexivity.
    - destruct (take n l) as [[c l']|] eqn:E; [|discriminate]. injection H as -> <-.
      change (g b * product g l = g a * (g b * product g l')). rewrite (IH l a l' E). ring.
  Qed.
  Lemma alike_value : forall a b e e', alike e e' a b -> eval F dims T e a = eval F dims T e' b.
  Proof.
    induction a as [q|s is|a IHa c IHc|a IHa c IHc|f o a IH|k n a IH|k n gs a IH|k n gs a IH|k n gs a IH|i a IH|c];
      intros b e e' H; destruct b; cbn [alike] in H; try tauto; cbn [eval].
    - now apply Qeq_eqR.
    - destruct (name_cmp s t) eqn:E; try tauto. apply name_cmp_eq in E. subst t. now rewrite (equal_indices_eq _ _ H).
    - destruct H as [H1 H2]. now rewrite (IHa _ _ _ H1), (IHc _ _ _ H2).
    - destruct H as [H1 H2]. now rewrite (IHa _ _ _ H1), (IHc _ _ _ H2).
    - destruct ((f =? f0)%nat && (order f o =? order f0 o0)%nat) eqn:E; [|tauto]. apply andb_prop in E as [E1 E2].
      apply Nat.eqb_eq in E1, E2. subst f0. rewrite <- (order_irrelevant F F_exp f o), <- (order_irrelevant F F_exp f o0), E2.
      f_equal. now apply IH.
    - destruct H as [<- H]. apply sum_list_ext. intros v Hv. apply in_zrange in Hv. apply IH, H. lia.
    - destruct H as [E H]. now rewrite E, (IH _ _ _ H).
    - rewrite <- !true_at_holds in H. destruct (holds e c), (holds e' b); try reflexivity; destruct H; exfalso; intuition discriminate.
  Qed.
  Lemma alike_factor_value : forall x y f g, alike_factor x y f g -> factor_value x f = factor_value y g.
  Proof.
    intros x y [m a|m s is] [m' b|m' t js] H; cbn [alike_factor] in H; try tauto; cbn [Terms.factor_value].
    - now apply alike_value.
    - destruct (name_cmp s t) eqn:E; try tauto. apply name_cmp_eq in E. subst t. unfold read. now rewrite (equal_indices_eq _ _ H).
  Qed.
  Lemma paired_value : forall x y fs picks gs, paired x y fs picks gs -> product (factor_value x) fs = product (factor_value y) gs.
  Proof.
    intros x y. induction fs as [|f fs IH]; intros [|p ps] gs H; cbn [paired] in H; try tauto; [now destruct gs|].
    destruct (take p gs) as [[g gs']|] eqn:E; [|tauto]. destruct H as [Hf H].
    rewrite (take_product _ _ _ _ _ _ E), <- (IH _ _ H), <- (alike_factor_value x y f g Hf). reflexivity.
  Qed.
  Lemma allowed_guarded : forall t x, allowed t x <-> guarded t x = true.
  Proof.
    intros t x. unfold allowed, guarded. rewrite all_in, forallb_forall. split; intros H g Hg; apply true_at_holds; auto.
  Qed.
  Lemma bare_support : forall t x, bare t x <> 0 -> support t x.
  Proof.
    intros t x H. unfold Terms.bare in H. destruct (guarded t x) eqn:Hg; [|tauto]. split; [now apply allowed_guarded|].
    apply all_in. intros f Hf.
    assert (Hz : factor_value x f <> 0).
    { intro E. apply H. clear H Hg. induction (factors t) as [|g gs IH]; [destruct Hf|].
      change (factor_value x g * product (factor_value x) gs = 0).
      destruct Hf as [->|Hf]; [rewrite E; ring | rewrite IH by exact Hf; ring]. }
    destruct f as [m a|m s is]; [destruct a; cbn [readable]; try exact I|]; cbn [Terms.factor_value eval readable] in *; unfold read in *;
      (destruct (flat _ _) as [p|] eqn:E; [now apply inside_shape_flat in E | tauto]).
  Qed.
  Theorem matches_value : forall s t phi psi picks, matches s t phi psi picks -> bare_sum s = bare_sum t.
  Proof.
    intros s t phi psi picks [Hs Ht]. pose proof (every_boxed _ _ Hs) as H1. pose proof (every_boxed _ _ Ht) as H2. clear Hs Ht.
    assert (Hf : forall x, boxed (extents s) x -> support s x -> bare s x = bare t (image phi x)).
    { intros x Hx Hsup. destruct (H1 x Hx Hsup) as (_ & _ & Ha & Hp). destruct Hsup as [Hg _].
      unfold Terms.bare. rewrite (proj1 (allowed_guarded s x) Hg), (proj1 (allowed_guarded t _) Ha). exact (paired_value _ _ _ _ _ Hp). }
    apply (sum_change _ _ (list_eq_dec Z.eq_dec) (list_eq_dec Z.eq_dec) _ _ _ _ (image phi) (image psi)); try apply box_once.
    - intros x Hx Hne. apply in_box in Hx. pose proof (bare_support s x Hne) as Hsup. destruct (H1 x Hx Hsup) as (Hb & He & _ & _).
      rewrite in_box. split; [exact Hb | split; [now apply equal_indices_eq | now apply Hf]].
    - intros y Hy Hne. apply in_box in Hy. destruct (H2 y Hy (bare_support t y Hne)) as (Hb & He & Hsup). apply equal_indices_eq in He.
      rewrite in_box. split; [exact Hb | split; [exact He|]]. rewrite (Hf _ Hb Hsup). now rewrite He.
  Qed.
  Lemma product_of_value : forall l, Q2R (product_of l) = product Q2R l.
  Proof.
    induction l as [|q l IH]; [exact Q2R_1|]. change (Q2R (q * product_of l) = Q2R q * product Q2R l). now rewrite Q2R_mult, IH.
  Qed.
  Lemma add_up_value : forall l, add_up_to_zero l -> sum_list l (fun q => product Q2R q) = 0.
  Proof.
    intros l H. unfold add_up_to_zero in H. apply Qeq_eqR in H. rewrite Q2R_0 in H. rewrite <- H. clear H.
    induction l as [|q l IH]; [symmetry; exact Q2R_0|]. cbn [fold_right]. now rewrite Q2R_plus, product_of_value, sum_list_cons, IH.
  Qed.
  Lemma members_value : forall s ms ts found rest, members s ms ts found rest ->
    exists others, rest others /\ sum_list ts term_value + sum_list found (fun q => product Q2R q) * bare_sum s = sum_list others term_value.
  Proof.
    intros s. induction ms as [|m ms IH]; intros ts found rest H; cbn [members] in H.
    - destruct H as [Hz H]. exists ts. split; [exact H|]. rewrite (add_up_value _ Hz). ring.
    - destruct (take (at_place m) ts) as [[t ts']|] eqn:E; [|tauto]. destruct H as [Hm H]. apply IH in H as (others & Ho & H).
      exists others. split; [exact Ho|]. rewrite <- H, (take_sum _ _ _ _ _ _ E), sum_list_cons.
      unfold Terms.term_value at 1, number_of. rewrite (matches_value _ _ _ _ _ Hm). ring.
  Qed.
  Theorem cancel_zero : forall cs ts, cancel cs ts -> sum_list ts term_value = 0.
  Proof.
    induction cs as [|[n ms|n] cs IH]; intros ts H; cbn [cancel] in H.
    - destruct ts; [reflexivity | tauto].
    - destruct (take n ts) as [[s ts']|] eqn:E; [|tauto]. apply members_value in H as (others & Ho & H). apply IH in Ho.
      rewrite (take_sum _ _ _ _ _ _ E), <- Ho, <- H.
      change (product Q2R (numbers s) * bare_sum s + sum_list ts' term_value = sum_list ts' term_value + (product Q2R (numbers s) + 0) * bare_sum s). ring.
    - destruct (take n ts) as [[t ts']|] eqn:E; [|tauto]. destruct H as [Hn H]. apply IH in H. rewrite (take_sum _ _ _ _ _ _ E), H.
      unfold Terms.term_value, Terms.bare_sum. rewrite sum_list_zero; [ring|]. intros x Hx. apply in_box in Hx.
      destruct (Req_dec (bare t x) 0) as [|Hne]; [assumption|]. destruct (every_boxed _ _ Hn x Hx (bare_support t x Hne)).
  Qed.
End Matching.
